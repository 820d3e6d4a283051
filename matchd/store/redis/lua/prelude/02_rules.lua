-- The rules of domain/bookings.py and domain/hosts.py, as scripts need them. Sums are formed in the
-- same order as there, so that both agree to the last bit about when a lease ends.

local NEXT = {
    waiting = {grant = 'held', lapse = 'lapsed', release = 'released'},
    held = {connect = 'connected', ['end'] = 'ended', lapse = 'lapsed', release = 'released'},
    connected = {['end'] = 'ended', release = 'released'},
}

local function is_live(booking)
    return booking.state == 'held' or booking.state == 'connected'
end

local function fits(wanted, host)
    if wanted.host_id and wanted.host_id ~= host.id then return false end
    local near = wanted.anywhere
    for _, group in ipairs(wanted.classes) do
        for _, region in ipairs(group) do near = near or region == host.region end
    end
    if not near then return false end
    return not wanted.game or not host.game or wanted.game == host.game
end

-- The regions a wish names, best first, each once.
local function regions_of(wanted)
    local regions, seen = {}, {}
    for _, group in ipairs(wanted.classes) do
        for _, region in ipairs(group) do
            if not seen[region] then regions[#regions + 1] = region end
            seen[region] = true
        end
    end
    return regions
end

-- When a booking ends by itself, nil while something keeps it.
local function deadline(booking)
    if booking.state == 'waiting' then return booking.polled_at + rules.line_lease end
    if booking.state == 'held' then
        return booking.claimed_at + (booking.player_here and rules.hold_max or rules.hold)
    end
    if booking.state == 'connected' then
        if booking.player_here or booking.vouched then return nil end
        return booking.alone_since + rules.grace
    end
    return booking.ended_at + rules.remember
end

local function offerable(host)
    if now >= host.seen_at + rules.ttl then return false end
    if host.withheld_until and now < host.withheld_until then return false end
    if host.in_room or not host.left_room_at then return true end
    return now < host.left_room_at + rules.room_grace
end

-- Whether nothing may expire: until just now no node was heard of, so nobody could renew anything.
-- `calm` ends one lease later, and does not begin again for another, however often outages come.
local function pulse(name)
    return tonumber(redis.call('HGET', K.pulse, name) or nil)
end

local function is_outage()
    local last, calm = pulse('last'), pulse('calm')
    if not last or now - last <= rules.outage then return false end
    return not calm or now >= calm + rules.node
end

local function is_calm()
    local calm = pulse('calm')
    return calm and now < calm or is_outage()
end

local function is_overdue(host)
    if now < host.seen_at + rules.ttl or host.in_room then return false end
    return #host.bookings == 0 or now >= host.seen_at + rules.lost_after
end

local function is_lost(host)
    return is_overdue(host) and not is_calm()
end

local function next_look(host)
    if is_overdue(host) then return now end
    local lost = host.seen_at + rules.lost_after
    if now >= lost then return now + rules.ttl end
    local due = lost
    if host.seen_at + rules.ttl > now then due = math.min(due, host.seen_at + rules.ttl) end
    if host.withheld_until and host.withheld_until > now then
        due = math.min(due, host.withheld_until)
    end
    if host.left_room_at and not host.in_room then
        local mark = host.left_room_at + rules.room_grace
        if mark > now then due = math.min(due, mark) end
    end
    return due
end

local function free_slots(host)
    local live, unknown = 0, 0
    for _, id in ipairs(host.bookings) do
        local booking = get('bookings', id)
        live = live + 1
        if booking.state == 'held' or booking.connected_at > host.slots_at then
            unknown = unknown + 1
        end
    end
    local reported = host.available_slots
    if not reported then reported = host.status == 'busy' and 0 or host.capacity end
    return math.max(0, math.min(reported - unknown, host.capacity - live))
end
