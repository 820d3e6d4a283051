-- Who is in a room; also an empty one that a host has registered.

local room = get('rooms', ask.room_id)
local holder = redis.call('HGET', K.room_hosts, ask.room_id)
if not room and not holder then return answer(NIL) end
room = room or {id = ask.room_id, places = {}, candidates = {}}
return answer({room = room, host_id = holder or NIL})
