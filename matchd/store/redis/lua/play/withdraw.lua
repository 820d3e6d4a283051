-- Take somebody's whole ticket out.

local id = seat_of(ask.account)
if not id then return answer() end
local ticket = get_ticket(id)
drop_ticket(ticket)
return answer(shown(ticket))
