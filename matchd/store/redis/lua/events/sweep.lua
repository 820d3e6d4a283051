-- Take out the sockets of nodes that are gone, find who is away, and forget who was for long; at most
-- `ask.limit` of each.

local more = false

local function bury(node)
    local found = redis.call(
        'ZRANGEBYLEX', K.event_sockets, '[' .. node .. '\0', '(' .. node .. '\1', 'LIMIT', 0, ask.limit)
    for _, name in ipairs(found) do
        local connection, account = string.match(name, '^[^%z]*%z(%d*)%z(.*)$')
        local address = {node, tonumber(connection)}
        local person = get(K.event_people, account)
        if person then rise(account, person, address) end
        redis.call('ZREM', K.event_sockets, name)
    end
    if #found < ask.limit then redis.call('HDEL', K.event_nodes, node) else more = true end
end

for _, node in ipairs(redis.call('HKEYS', K.event_nodes)) do
    if redis.call('HEXISTS', K.nodes, node) == 0 then bury(node) end
end
for _, node in ipairs(redis.call('HKEYS', K.event_batches)) do
    if redis.call('HEXISTS', K.nodes, node) == 0 then redis.call('HDEL', K.event_batches, node) end
end

local gone = {}

local function look(account)
    local person = get(K.event_people, account)
    redis.call('ZREM', K.event_due, account)
    if not person or #person.seats > 0 then return end
    if not person.is_away then
        person.is_away = true
        gone[#gone + 1] = account
        put(K.event_people, account, person)
    end
    if person.forget_at <= now then
        redis.call('HDEL', K.event_people, account)
    else
        redis.call('ZADD', K.event_due, exact(person.forget_at), account)
    end
end

local due = redis.call('ZRANGEBYSCORE', K.event_due, '-inf', exact(now), 'LIMIT', 0, ask.limit)
for _, account in ipairs(due) do look(account) end
return answer({accounts = gone, more = more or #due == ask.limit})
