-- Leave a room, as its host, a player or a candidate.

local room = get('rooms', ask.room_id)

local function mine(item)
    return same(item.address, ask.address)
end

local function host_left()
    local left = {side = 'host', players = room.places}
    room.host = nil
    local host = host_of_room(room.id)
    if host then
        host.in_room, host.left_room_at = false, now
        touch('hosts', host)
        settle(host)
    end
    return left
end

local function player_left(at, place)
    table.remove(room.places, at)
    local booking = get('bookings', place.booking_id)
    if booking then
        booking.player_here, booking.alone_since = false, now
        touch('bookings', booking)
        watch(booking)
    end
    return {side = 'player', peer = place.peer, host = room.host, players = {}}
end

local function leave()
    if room.host and same(room.host, ask.address) then return host_left() end
    local at, place = place_at(room, mine)
    if at then return player_left(at, place) end
    for i, candidate in ipairs(room.candidates) do
        if mine(candidate) then
            drop_candidate(room, i)
            return {side = 'candidate', players = {}}
        end
    end
end

local left = room and leave()
if not left then return answer(NIL) end
touch('rooms', room)
drop_if_empty(room)
return answer(left)
