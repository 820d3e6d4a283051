-- Steps of signaling rooms (wire.md 2.5): those of embedded/rooms.py, under the same names.

local function candidate_key(room_id, address)
    return room_id .. '\0' .. address.node .. '\0' .. string.format('%d', address.connection)
end

local function same(one, other)
    return one.node == other.node and one.connection == other.connection
end

local function drop_candidate(room, at)
    local candidate = table.remove(room.candidates, at)
    touch('rooms', room)
    return candidate
end

local function meet(room, booking)
    if room.host and booking.state == 'held' and place_of_booking(room, booking.id) then
        connect(booking)
    end
end

-- Put a socket on the host's seat; bookings whose player is here connect.
local function seat_host(room, address)
    room.host = address
    touch('rooms', room)
    local host = host_of_room(room.id)
    if not host then return end
    host.in_room, host.left_room_at = true, nil
    touch('hosts', host)
    for _, booking in ipairs(live(host)) do meet(room, booking) end
    settle(host)
end

-- Take the host's seat, and answer who is here.
local function enter_seat(room, address)
    local replaced = or_nil(room.host)
    seat_host(room, address)
    return {
        kind = 'host', host = or_nil(host_of_room(room.id)), players = room.places,
        replaced = replaced,
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
        if booking and former.booking_id == booking.id then replaced = former end
    end
    local place = {peer = peer, address = address, booking_id = booking and booking.id or NIL}
    room.places[#room.places + 1] = place
    touch('rooms', room)
    if booking then
        booking.player_here = true
        touch('bookings', booking)
        meet(room, booking)
    end
    return {
        kind = 'player', place = place, booking = or_nil(booking), host = or_nil(room.host),
        replaced = replaced,
    }
end

-- A beat that names the room vouches for the candidate of its network.
local function recognise(host, network)
    local room = get('rooms', host.room_id)
    if not room or room.host then return end
    for at, candidate in ipairs(room.candidates) do
        if candidate.network == network then
            if now >= candidate.since + rules.recognise_for then return end
            drop_candidate(room, at)
            local players = {}
            for i, place in ipairs(room.places) do
                players[i] = {place.peer, place.address, or_nil(place.booking_id)}
            end
            tell('entered', {
                room_id = room.id, host_id = host.id, region = host.region,
                host = candidate.address, players = players,
            })
            seat_host(room, candidate.address)
            return
        end
    end
end
