-- Put another text in the place of one's own message, or delete it.

local seat, verdict, chat = seat_of(ask.room, ask.author)
if not seat then return answer_verdict(verdict) end
local message = find_message(chat, ask.room, ask.seq)
local hidden = not message or ask.seq <= seat.since or (message.withheld and message.author ~= ask.author)
if hidden or message.deleted then return answer_verdict('unknown_message') end
if message.author ~= ask.author then return answer_verdict('not_author') end
if ask.content and seat.muted then return answer_verdict('muted') end
if not ask.content then
    message = empty(chat, ask.room, message, true)
else
    local record = get(K.chat_messages, message_name(chat, ask.seq))
    record.content, record.edited_at = ask.content, ask.at
    put(K.chat_messages, message_name(chat, ask.seq), record)
    message = find_message(chat, ask.room, ask.seq)
end
return answer({message = message, fresh = true, nodes = living_nodes(), joined = {}})
