-- Mode `open`: the first socket is the host, the next ones take the places of the room's bookings
-- whose players are not here, oldest first.

if not has_node(ask.address) then return answer({kind = 'unknown_node'}) end
local room = room_of(ask.room_id)
if not room.host then return answer(enter_seat(room, ask.address)) end
local host, booking = host_of_room(room.id), nil
for _, item in ipairs(host and live(host) or {}) do
    if not place_of_booking(room, item.id) then
        booking = item
        break
    end
end
return answer(enter_place(room, booking, ask.peer, ask.address))
