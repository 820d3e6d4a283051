-- What somebody wrote in rooms that are still there, behind the given place.

local after = ask.after and ask.after[1] .. '\0' .. string.format('%016d', ask.after[2]) .. '\1'
local found, last = {}, nil
for _, name in ipairs(members(K.chat_written, ask.author .. '\0', after, ask.limit)) do
    local room, seq, number = string.match(name, '^([^%z]*)%z([^%z]*)%z(.*)$')
    local chat = get(K.chats, room)
    if chat and tostring(chat.number) == number then
        found[#found + 1] = find_message(chat, room, tonumber(seq))
    end
    last = {room, tonumber(seq)}
end
return answer({messages = found, last = last or NIL})
