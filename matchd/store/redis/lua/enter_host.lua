-- Take the host's seat; `host_id` only when a token proves it (wire.md 2.5).

if not has_node(ask.address) then return answer({kind = 'unknown_node'}) end
local holder = redis.call('HGET', K.room_hosts, ask.room_id)
if ask.host_id and holder and holder ~= ask.host_id then return answer({kind = 'wrong_host'}) end
return answer(enter_seat(room_of(ask.room_id), ask.address))
