-- A member takes somebody in.

local room = ask.notice.room
local mine, verdict, chat = seat_of(room, ask.by)
if not mine then return answer_verdict(verdict) end
if not exists(ask.account) then return answer_verdict('unknown_player') end
if seat_of(room, ask.account) then return answer_verdict('already') end
if count_in(K.chat_members, room) >= ask.most_members then return answer_verdict('full') end
if is_busy(ask.account) then return answer_verdict('too_many') end
sit(room, chat, ask.account)
return answer_moved({ask.account}, append(room, chat, ask.notice))
