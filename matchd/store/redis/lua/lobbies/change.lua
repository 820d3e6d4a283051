-- Put `ask.record` in the place of version `ask.version` of a lobby (0: none; no record: none), if that
-- is the one that is there, and log it.

local version, record = record_of(ask.id)
if version ~= ask.version then return answer({kind = 'stale', record = record, now = now}) end
if ask.node and not node_lives(ask.node) then return answer({kind = 'dead_node'}) end
for _, account in ipairs(ask.come) do
    local home = redis.call('HGET', K.lobby_homes, account)
    if home then return answer({kind = 'elsewhere', id = home}) end
end
if version == 0 and redis.call('HEXISTS', K.lobby_codes, ask.code) == 1 then
    return answer({kind = 'code_taken'})
end

if ask.record then
    redis.call('HSET', K.lobbies, ask.id, (version + 1) .. '\n' .. ask.record)
    redis.call('HSET', K.lobby_codes, ask.code, ask.id)
else
    redis.call('HDEL', K.lobbies, ask.id)
    redis.call('HDEL', K.lobby_codes, ask.code)
end
for _, account in ipairs(ask.come) do redis.call('HSET', K.lobby_homes, account, ask.id) end
for _, account in ipairs(ask.go) do redis.call('HDEL', K.lobby_homes, account) end
for _, name in ipairs(ask.unlist) do redis.call('ZREM', K.lobby_names, name) end
for _, name in ipairs(ask.list) do redis.call('ZADD', K.lobby_names, 0, name) end
if ask.due then
    redis.call('ZADD', K.lobby_due, exact(ask.due), ask.id)
else
    redis.call('ZREM', K.lobby_due, ask.id)
end

local seq = redis.call('HINCRBY', K.lobby_totals, 'seq', 1)
local entry = seq .. '\n' .. exact(now) .. '\n' .. ask.change
redis.call('ZADD', K.lobby_log, seq, entry)
redis.call('HINCRBY', K.lobby_totals, 'bytes', #entry)
trim_log()
return answer({kind = 'changed'})
