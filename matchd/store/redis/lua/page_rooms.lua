-- Rooms in order of their ids.

local page = {}
for i, id in ipairs(ids_of('rooms', ask.after, ask.limit)) do
    page[i] = {room = get('rooms', id), host_id = redis.call('HGET', K.room_hosts, id) or NIL}
end
return answer(page)
