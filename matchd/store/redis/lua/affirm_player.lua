-- Say that this player is here; a booking that was lost is taken back, if its slot is not promised to
-- another by now (embedded/restore.py).

local function is_superseded(booking)
    if booking.key_hash and redis.call('HEXISTS', K.keys, key_of(booking)) == 1 then return true end
    return not booking.guest and get('unconnected', booking.principal) ~= nil
end

-- Where the host has not beaten since, its place is kept by one that is quiet and has no slots.
local function host_for(booking)
    local host = get('hosts', booking.host_id)
    if host then
        if host.room_id ~= booking.room_id then return nil end
        if host.capacity == 0 then
            host.slots_at = now
        elseif #host.bookings >= host.capacity then
            return nil
        end
        return host
    end
    if redis.call('HEXISTS', K.room_hosts, booking.room_id) == 1 then return nil end
    local room = get('rooms', booking.room_id)
    host = {
        id = booking.host_id, room_id = booking.room_id, region = booking.region, status = 'idle',
        capacity = 0, first_seen = now, seen_at = now - rules.ttl, slots_at = now, quiet = true,
        in_room = room ~= nil and room.host ~= nil, bookings = {},
    }
    create('hosts', host)
    redis.call('HSET', K.room_hosts, host.room_id, host.id)
    return host
end

local function restore(booking)
    if is_superseded(booking) then return nil end
    local host = host_for(booking)
    if not host then return nil end
    booking.created_at = booking.created_at + (now - ask.now) -- the node's clock may be off
    booking.state, booking.claimed_at, booking.connected_at = 'held', now, 0
    booking.player_here, booking.vouched, booking.waiter = false, false, nil
    add(booking)
    host.bookings[#host.bookings + 1] = booking.id
    touch('hosts', host)
    settle(host)
    watch(booking)
    return booking
end

local mine = ask.place
if not has_node(mine.address) then return answer({kind = 'unknown_node'}) end
local booking
if ask.booking then
    if ask.booking.room_id ~= ask.room_id then return answer({kind = 'closed'}) end
    booking = get('bookings', ask.booking.id) or restore(ask.booking)
    if not booking or not is_live(booking) or booking.room_id ~= ask.room_id then
        return answer({kind = 'closed'})
    end
end
local room = room_of(ask.room_id)
local at, there = place_at(room, function(place) return place.peer == mine.peer end)
if not at and booking then at, there = place_of_booking(room, booking.id) end
if not at then return answer(enter_place(room, booking, mine.peer, mine.address)) end
local same_booking = there.booking_id == (booking and booking.id)
if there.peer ~= mine.peer or not same_booking or not same(there.address, mine.address) then
    return answer({kind = 'taken'})
end
return answer(placed(room, there, booking, NIL))
