-- Drop messages that are too old and those of rooms that are gone, and a part of the sockets of dead nodes.

local done = clear_gone(ask.limit)
while done < ask.limit do
    local due = redis.call('ZRANGEBYSCORE', K.chat_due, '-inf', '(' .. exact(ask.at - ask.seconds), 'LIMIT', 0, 1)[1]
    if not due then break end
    local chat = get(K.chats, due)
    local seq = chat.first
    while seq < chat.last and seq - chat.first + 1 < ask.limit - done do
        local following = find_message(chat, due, seq + 1)
        if not following or following.at >= ask.at - ask.seconds then break end
        seq = seq + 1
    end
    done = done + seq - chat.first + 1
    prune_to(due, chat, seq)
end
local is_living = {}
for _, node in ipairs(living_nodes()) do is_living[node] = true end
local cursor = redis.call('HGET', K.totals, 'chat_scan') or 0
local scanned = redis.call('HSCAN', K.chat_sockets, cursor, 'COUNT', 100)
redis.call('HSET', K.totals, 'chat_scan', scanned[1])
for i = 1, #scanned[2], 2 do
    local sockets = {}
    for _, socket in ipairs(cmsgpack.unpack(scanned[2][i + 1])) do
        if is_living[socket.node] then sockets[#sockets + 1] = socket end
    end
    if #sockets == 0 then redis.call('HDEL', K.chat_sockets, scanned[2][i]) end
end
return answer(done)
