-- End the place that an account in the open group of a key keeps while it is away.

local open = redis.call('HGET', K.groups_open, ask.key)
local group = open and get(open)
local at, member
if group then at, member = of_account(group, ask.account) end
if not at or not member.lingers_until then return answer(NIL) end
local departure = remove(group, at, 'left')
put(group)
return answer(departure)
