-- Say that this socket is the host here: its seat again if it was lost, and who is here.

if not has_node(ask.address) then return answer({kind = 'unknown_node'}) end
local holder = redis.call('HGET', K.room_hosts, ask.room_id)
if ask.host_id and holder and holder ~= ask.host_id then return answer({kind = 'wrong_host'}) end
local room = room_of(ask.room_id)
if not room.host then return answer(enter_seat(room, ask.address)) end
if same(room.host, ask.address) then return answer(seated(room, NIL)) end
return answer({kind = 'taken'})
