-- A part of what a member may see.

local seat, verdict, chat = seat_of(ask.room, ask.account)
if not seat then return answer_verdict(verdict) end
local start, finish = math.max(seat.since, seat.first - 1), seat.last
if ask.after then
    start = math.max(start, ask.after)
    finish = math.min(seat.last, start + ask.limit)
else
    if ask.before then finish = math.min(seat.last, ask.before - 1) end
    start = math.max(start, finish - ask.limit)
end
local shown, names = {}, {}
for seq = start + 1, finish do names[#names + 1] = message_name(chat, seq) end
for i, raw in ipairs(#names > 0 and redis.call('HMGET', K.chat_messages, unpack(names)) or {}) do
    if raw then
        local message = cmsgpack.unpack(raw)
        if not message.withheld or message.author == ask.account then
            message.room, message.seq = ask.room, start + i
            shown[#shown + 1] = message
        end
    end
end
return answer({messages = shown, ['end'] = math.max(start, finish), seat = seat})
