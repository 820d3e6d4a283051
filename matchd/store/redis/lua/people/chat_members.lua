-- Who is in a room.

return answer(members(K.chat_members, ask.room .. '\0'))
