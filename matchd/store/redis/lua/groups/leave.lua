-- Leave a group.

local group, at = here(ask.group, ask.peer, ask.address)
if not group then return answer(NIL) end
local departure = remove(group, at, 'left')
put(group)
return answer(departure)
