-- The rooms somebody is in.

local seats = {}
for i, room in ipairs(members(K.chats_of, ask.account .. '\0')) do seats[i] = seat_of(room, ask.account) end
return answer(seats)
