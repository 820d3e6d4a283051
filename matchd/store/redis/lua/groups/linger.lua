-- Be away for a while.

local group, _, member = here(ask.group, ask.peer, ask.address)
if not group then return answer(false) end
linger(group, member)
put(group)
return answer(true)
