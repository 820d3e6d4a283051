-- Make a room with its members and the server's word on that, all or nothing.

local room = ask.notice.room
if redis.call('HEXISTS', K.chats, room) == 1 then return answer_verdict('taken') end
for _, account in ipairs(ask.accounts) do
    if not exists(account) then return answer_verdict('unknown_player') end
end
if #ask.accounts > ask.most_members then return answer_verdict('full') end
for _, account in ipairs(ask.accounts) do
    if is_busy(account) then return answer_verdict('too_many') end
end
local chat = open_chat(room, ask.accounts[1])
for _, account in ipairs(ask.accounts) do sit(room, chat, account) end
return answer_moved(ask.accounts, append(room, chat, ask.notice))
