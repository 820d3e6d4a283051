-- Chat (domain/chat.py). A room has a number of its own, by which its messages are kept: a later room of the
-- same name has another one. Messages are numbered without holes from `first` to `last`; what is missing in
-- between does not happen. Indices: members by room and rooms by member, what each author wrote, ids that
-- were used, and for each room when its oldest message was said.

local function living_nodes()
    local living, all = {}, redis.call('HGETALL', K.nodes)
    for i = 1, #all, 2 do
        if not cmsgpack.unpack(all[i + 1]).ended then living[#living + 1] = all[i] end
    end
    return living
end

local function message_name(chat, seq)
    return chat.number .. '\0' .. seq
end

local function written_name(author, room, seq, chat)
    return author .. '\0' .. room .. '\0' .. string.format('%016d', seq) .. '\0' .. chat.number
end

local function find_message(chat, room, seq)
    local message = get(K.chat_messages, message_name(chat, seq))
    if message then message.room, message.seq = room, seq end
    return message
end

-- How somebody stands in a room; or why he does not.
local function seat_of(room, account)
    local chat = get(K.chats, room)
    if not chat then return nil, 'unknown_room' end
    local seat = get(K.chat_seats, room .. '\0' .. account)
    if not seat then return nil, 'not_member', chat end
    seat.room, seat.first, seat.last = room, chat.first, chat.last
    seat.creator = chat.creator == account
    return seat, nil, chat
end

local function count_in(key, name)
    return redis.call('ZLEXCOUNT', key, '[' .. name .. '\0', '(' .. name .. '\1')
end

local function exists(account)
    return redis.call('HEXISTS', K.accounts, account) == 1
end

local function is_busy(account)
    return count_in(K.chats_of, account) >= ask.most_rooms
end

local function open_chat(room, creator)
    local number = redis.call('HINCRBY', K.totals, 'chats', 1)
    local chat = {number = number, creator = creator, last = 0, first = 1, places = 0}
    put(K.chats, room, chat)
    return chat
end

local function sit(room, chat, account)
    chat.places = chat.places + 1
    put(K.chats, room, chat)
    put(K.chat_seats, room .. '\0' .. account, {
        place = chat.places, since = chat.last, cursor = chat.last, muted = false,
    })
    redis.call('ZADD', K.chat_members, 0, room .. '\0' .. account)
    redis.call('ZADD', K.chats_of, 0, account .. '\0' .. room)
end

-- Store a message under the next number.
local function append(room, chat, draft, withheld)
    chat.last = chat.last + 1
    put(K.chats, room, chat)
    put(K.chat_messages, message_name(chat, chat.last), {
        id = draft.id, author = draft.author, said_by = draft.author, sender = draft.sender,
        content = draft.content, at = ask.at, withheld = withheld or false, deleted = false,
    })
    if chat.last == chat.first then redis.call('ZADD', K.chat_due, exact(ask.at), room) end
    if draft.author then
        redis.call('ZADD', K.chat_written, 0, written_name(draft.author, room, chat.last, chat))
        redis.call('HSET', K.chat_ids, chat.number .. '\0' .. draft.author .. '\0' .. draft.id, chat.last)
    end
    return find_message(chat, room, chat.last)
end

local function empty(chat, room, message, keeps_author)
    if message.author then
        redis.call('ZREM', K.chat_written, written_name(message.author, room, message.seq, chat))
    end
    put(K.chat_messages, message_name(chat, message.seq), {
        id = message.id, author = keeps_author and message.withheld and message.author or nil,
        said_by = keeps_author and message.said_by or nil, sender = '', content = '', at = message.at,
        withheld = message.withheld, deleted = true,
    })
    return find_message(chat, room, message.seq)
end

local function drop_message(chat, room, seq)
    local message = find_message(chat, room, seq)
    if not message then return end
    redis.call('HDEL', K.chat_messages, message_name(chat, seq))
    if message.author then
        redis.call('ZREM', K.chat_written, written_name(message.author, room, seq, chat))
    end
    if message.said_by then
        redis.call('HDEL', K.chat_ids, chat.number .. '\0' .. message.said_by .. '\0' .. message.id)
    end
end

-- Drop the messages of a room up to a number.
local function prune_to(room, chat, seq)
    for number = chat.first, seq do drop_message(chat, room, number) end
    chat.first = seq + 1
    put(K.chats, room, chat)
    local oldest = find_message(chat, room, chat.first)
    if oldest then
        redis.call('ZADD', K.chat_due, exact(oldest.at), room)
    else
        redis.call('ZREM', K.chat_due, room)
    end
end

-- Take a member out; false when the room went with him. Its messages are swept.
local function rise(room, chat, account)
    redis.call('HDEL', K.chat_seats, room .. '\0' .. account)
    redis.call('ZREM', K.chat_members, room .. '\0' .. account)
    redis.call('ZREM', K.chats_of, account .. '\0' .. room)
    local others = members(K.chat_members, room .. '\0')
    if #others == 0 then
        redis.call('HDEL', K.chats, room)
        redis.call('ZREM', K.chat_due, room)
        chat.room = room
        put(K.chats_gone, chat.number, chat)
        return false
    end
    if chat.creator == account then
        local eldest
        for _, other in ipairs(others) do
            local place = get(K.chat_seats, room .. '\0' .. other).place
            if not eldest or place < eldest then chat.creator, eldest = other, place end
        end
        put(K.chats, room, chat)
    end
    return true
end

local function answer_moved(accounts, notice)
    return answer({accounts = accounts, notice = notice or NIL, nodes = living_nodes()})
end

local function answer_verdict(verdict)
    return answer({verdict = verdict})
end

local function gone_chat()
    return redis.call('HGETALL', K.chats_gone)
end

-- Delete up to `limit` messages of rooms that are gone; how many.
local function clear_gone(limit)
    local done, gone = 0, gone_chat()
    for i = 1, #gone, 2 do
        local chat = cmsgpack.unpack(gone[i + 1])
        local last = math.min(chat.last, chat.first + limit - done - 1)
        for seq = chat.first, last do drop_message(chat, chat.room, seq) end
        done = done + math.max(0, last - chat.first + 1)
        chat.first = last + 1
        if chat.first > chat.last then
            redis.call('HDEL', K.chats_gone, gone[i])
        else
            put(K.chats_gone, gone[i], chat)
        end
        if done >= limit then break end
    end
    return done
end

-- Take out what an account that was deleted wrote, then its places, at most `limit` of these; how many.
local function erase_chat(id, limit)
    local names = members(K.chat_written, id .. '\0', nil, limit)
    for _, name in ipairs(names) do
        local room, seq, number = string.match(name, '^([^%z]*)%z([^%z]*)%z(.*)$')
        local chat = {number = number}
        local message = find_message(chat, room, tonumber(seq))
        if message then
            if message.said_by then
                redis.call('HDEL', K.chat_ids, number .. '\0' .. message.said_by .. '\0' .. message.id)
            end
            empty(chat, room, message, false)
        end
        redis.call('ZREM', K.chat_written, id .. '\0' .. name)
    end
    local done = #names
    if done < limit then
        for _, room in ipairs(members(K.chats_of, id .. '\0', nil, limit - done)) do
            rise(room, get(K.chats, room), id)
            done = done + 1
        end
    end
    return done
end
