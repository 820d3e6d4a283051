-- Leave whatever place a socket has: the answer that gave it was lost.

local prefix = ask.address.node .. '\0' .. string.format('%016d', ask.address.connection) .. '\0'
local from, to = '[' .. prefix, '(' .. string.sub(prefix, 1, -2) .. '\1'
local member = redis.call('ZRANGEBYLEX', K.groups_sockets, from, to, 'LIMIT', 0, 1)[1]
if not member then return answer(NIL) end
local id, peer = string.match(string.sub(member, #prefix + 1), '^([^%z]*)%z(.*)$')
local group, at = here(id, peer, ask.address)
if not group then return answer(NIL) end
local departure = remove(group, at, 'left')
put(group)
return answer(departure)
