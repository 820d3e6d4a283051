-- Steps of signaling rooms (wire.md 2.5): those of embedded/seats.py, under the same names.

local function candidate_key(room_id, address)
    return room_id .. '\0' .. address.node .. '\0' .. string.format('%d', address.connection)
end

local function same(one, other)
    return one.node == other.node and one.connection == other.connection
end

local function drop_candidate(room, at)
    local candidate = table.remove(room.candidates, at)
    rise(candidate.address, room)
    touch('rooms', room)
    return candidate
end

local function meet(room, booking)
    if room.host and booking.state == 'held' and place_of_booking(room, booking.id) then
        connect(booking)
    end
end

-- The turn of a socket that becomes the host now (domain/rooms.py).
local function next_turn(room)
    return math.max((room.host_turn or 0) + 1, math.floor(now * 1000000))
end

-- Put a socket on the host's seat; bookings whose player is here connect.
local function seat_host(room, address)
    if room.host then rise(room.host, room) end
    room.host, room.host_turn = address, next_turn(room)
    sit(address, room)
    touch('rooms', room)
    local host = host_of_room(room.id)
    if not host then return end
    host.in_room, host.left_room_at = true, nil
    touch('hosts', host)
    for _, booking in ipairs(live(host)) do meet(room, booking) end
    settle(host)
end

-- The answer to a host that has its seat.
local function seated(room, replaced)
    return {
        kind = 'host', host = or_nil(host_of_room(room.id)), turn = room.host_turn,
        players = room.places, replaced = replaced,
    }
end

-- Take the host's seat, and answer who is here.
local function enter_seat(room, address)
    local replaced = or_nil(room.host)
    seat_host(room, address)
    return seated(room, replaced)
end

-- The answer to a player who has his place.
local function placed(room, place, booking, replaced)
    return {
        kind = 'player', place = place, booking = or_nil(booking), host = or_nil(room.host),
        turn = room.host_turn or 0, replaced = replaced,
    }
end

-- Take a player's place (of no booking in mode `open`), and answer who is here.
local function enter_place(room, booking, peer, address)
    local replaced = NIL
    local at, former = place_at(room, function(place)
        return place.peer == peer or (booking and place.booking_id == booking.id)
    end)
    if at then
        table.remove(room.places, at)
        rise(former.address, room)
        if booking and former.booking_id == booking.id then replaced = former end
    end
    local place = {peer = peer, address = address, booking_id = booking and booking.id or NIL}
    room.places[#room.places + 1] = place
    sit(address, room)
    touch('rooms', room)
    if booking then
        booking.player_here = true
        touch('bookings', booking)
        meet(room, booking)
    end
    return placed(room, place, booking, replaced)
end

local function wait_in(room, network, address)
    local candidate = {address = address, network = network, since = now}
    room.candidates[#room.candidates + 1] = candidate
    sit(address, room)
    touch('rooms', room)
    plan('c', candidate_key(room.id, address), now + rules.recognise_for)
end

-- Take one socket out of its room; nil when it is not there.

local function host_left(room)
    local left = {side = 'host', players = room.places}
    rise(room.host, room)
    room.host = nil
    local host = host_of_room(room.id)
    if host then
        host.in_room, host.left_room_at = false, now
        touch('hosts', host)
        settle(host)
    end
    return left
end

local function player_left(room, at, place)
    table.remove(room.places, at)
    rise(place.address, room)
    local booking = get('bookings', place.booking_id)
    if booking then
        booking.player_here, booking.alone_since = false, now
        touch('bookings', booking)
        watch(booking)
    end
    return {side = 'player', peer = place.peer, host = room.host, players = {}}
end

local function candidate_left(room, address)
    for at, candidate in ipairs(room.candidates) do
        if same(candidate.address, address) then
            drop_candidate(room, at)
            return {side = 'candidate', players = {}}
        end
    end
end

local function leave(room, address)
    if room.host and same(room.host, address) then return host_left(room) end
    local at, place = place_at(room, function(item) return same(item.address, address) end)
    if at then return player_left(room, at, place) end
    return candidate_left(room, address)
end

local function take_out(room_id, address)
    local room = get('rooms', room_id)
    local left = room and leave(room, address)
    if left then
        touch('rooms', room)
        drop_if_empty(room)
    end
    return left
end

-- A beat that names the room vouches for the candidate of its network.
local function recognise(host, network)
    local room = get('rooms', host.room_id)
    if not room or room.host then return end
    for at, candidate in ipairs(room.candidates) do
        if candidate.network == network then
            local late = now >= candidate.since + rules.recognise_for
            if late and not is_calm() then return end
            drop_candidate(room, at)
            local players = {}
            for i, place in ipairs(room.places) do
                players[i] = {place.peer, place.address, or_nil(place.booking_id)}
            end
            tell('entered', {
                room_id = room.id, host_id = host.id, region = host.region,
                host = candidate.address, turn = next_turn(room), players = players,
            })
            seat_host(room, candidate.address)
            return
        end
    end
end
