-- Store a message under the room's next number, once for each id of its author.

local draft, room = ask.draft, ask.draft.room
local seat, verdict, chat = seat_of(room, draft.author)
-- Who has left a direct message may speak in it all the same, so what he said there counts too.
if seat or (chat and ask.other) then
    local seq = redis.call('HGET', K.chat_ids, chat.number .. '\0' .. draft.author .. '\0' .. draft.id)
    local known = seq and find_message(chat, room, tonumber(seq))
    if known then return answer({message = known, fresh = false, nodes = living_nodes(), joined = {}}) end
end
local joined, withheld = {}, false
if ask.other then
    withheld = side(draft.author, ask.other).edge == 'blocks' or side(ask.other, draft.author).edge == 'blocks'
    local pair = withheld and {draft.author} or {draft.author, ask.other}
    for _, account in ipairs(pair) do
        if not exists(account) then return answer_verdict('unknown_player') end
    end
    chat = chat or open_chat(room)
    for _, account in ipairs(pair) do
        if not seat_of(room, account) then
            sit(room, chat, account)
            joined[#joined + 1] = account
        end
    end
elseif not seat then
    return answer_verdict(verdict)
elseif seat.muted then
    return answer_verdict('muted')
end
local message = append(room, chat, draft, withheld)
if withheld then
    local name = room .. '\0' .. ask.other
    local reader = get(K.chat_seats, name)
    if reader and reader.cursor == message.seq - 1 then
        reader.cursor = message.seq -- what he is never sent is not unread to him
        put(K.chat_seats, name, reader)
    end
end
local over = chat.last - chat.first + 1 - ask.keep
if over > 0 then prune_to(room, chat, chat.first + math.min(over, 4) - 1) end
return answer({message = message, fresh = true, nodes = living_nodes(), joined = joined})
