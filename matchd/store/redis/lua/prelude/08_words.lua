-- What a host's status means for its bookings (wire.md 2.1, 2.2): those of embedded/hosts.py.

local function named(host, booking_id)
    if not booking_id then
        return host.capacity == 1 and get('bookings', host.bookings[1]) or nil
    end
    for _, id in ipairs(host.bookings) do
        if id == booking_id then return get('bookings', id) end
    end
end

-- `busy`: connect the named booking or the oldest held one, and vouch for it. Whether there was one.
local function confirm(host, booking_id)
    local booking = named(host, booking_id)
    if not booking_id and (not booking or booking.state ~= 'held') then
        for _, item in ipairs(live(host)) do
            if item.state == 'held' then
                booking = item
                break
            end
        end
    end
    if not booking then return false end
    if booking.state == 'held' then connect(booking) end
    booking.vouched = booking.state == 'connected'
    touch('bookings', booking)
    return true
end

-- The host no longer vouches for the named booking, or for any.
local function withdraw(host, booking_id)
    for _, booking in ipairs(live(host)) do
        if booking.vouched and (not booking_id or booking_id == booking.id) then
            booking.vouched = false
            booking.alone_since = math.max(booking.alone_since, now)
            touch('bookings', booking)
            watch(booking)
        end
    end
end
