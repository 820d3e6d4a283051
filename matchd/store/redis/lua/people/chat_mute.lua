-- The creator has a member say nothing, or lets him speak again.

local mine, verdict = seat_of(ask.room, ask.by)
if not mine then return answer_verdict(verdict) end
if not mine.creator then return answer_verdict('not_creator') end
local name = ask.room .. '\0' .. ask.account
local seat = get(K.chat_seats, name)
if not seat then return answer_verdict('unknown_player') end
seat.muted = ask.muted
put(K.chat_seats, name, seat)
return answer()
