-- A member goes, or is put out by the creator.

local room = ask.notice.room
local mine, verdict, chat = seat_of(room, ask.by or ask.account)
if not mine then return answer_verdict(verdict) end
if ask.by and not mine.creator then return answer_verdict('not_creator') end
if ask.by and not seat_of(room, ask.account) then return answer_verdict('unknown_player') end
local stays = rise(room, chat, ask.account)
local heard = stays and string.sub(room, 1, 1) ~= '@'
return answer_moved({ask.account}, heard and append(room, chat, ask.notice) or nil)
