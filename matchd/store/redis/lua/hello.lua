-- Prove that the store is ours, that it may be written to (a replica or a full Redis refuses that), and
-- that it is kept.

-- But for logs of events our own keys have no time to live, so the policies `volatile-*` take nothing but
-- those and mirrors.
local function evicted()
    local memory = redis.pcall('INFO', 'memory')
    if type(memory) ~= 'string' then return nil end
    local policy = string.match(memory, 'maxmemory_policy:(allkeys%-%a+)')
    local limited = string.match(memory, 'maxmemory:(%d+)') ~= '0'
    return limited and policy
end

local HEAD = string.match(K.schema, '^.*:')

-- The first command that the ACL does not let this user run, nil when he may run all (or on Redis 6,
-- which can't be asked; there the scripts fail as they meet it).
local function forbidden()
    if not redis.acl_check_cmd then return nil end
    local needed = {
        {'GET', K.schema}, {'SET', K.schema, SCHEMA}, {'TYPE', K.schema}, {'TIME'},
        {'HGET', K.hosts, ''}, {'HSET', K.hosts, '', ''}, {'HDEL', K.hosts, ''},
        {'HINCRBY', K.counts, '', 1}, {'HGETALL', K.counts}, {'HVALS', K.hosts},
        {'ZADD', K.free, 0, ''}, {'ZREM', K.free, ''}, {'ZRANGE', K.free, 0, 0},
        {'ZRANGEBYLEX', K.free, '-', '+'}, {'ZRANGEBYSCORE', K.agenda, 0, 0},
        {'ZLEXCOUNT', K.free, '-', '+'}, {'ZCARD', K.free}, {'ZCOUNT', K.agenda, 0, 0},
        {'ZSCORE', K.paced, ''}, {'ZPOPMIN', K.paced}, {'HEXISTS', K.keys, ''},
        {'RPUSH', HEAD .. 'events:', ''}, {'RPOP', HEAD .. 'events:'}, {'LPOP', HEAD .. 'events:'},
        {'LRANGE', HEAD .. 'events:', 0, -1}, {'LINDEX', HEAD .. 'events:', 0},
        {'PEXPIRE', HEAD .. 'events:', 1}, {'HKEYS', K.nodes}, {'HSETNX', K.nodes, '', ''},
    }
    for _, words in ipairs(needed) do
        if not redis.acl_check_cmd(unpack(words)) then return words[1] .. ' on the keys ' end
    end
    if not redis.acl_check_cmd('PUBLISH', HEAD .. 'node:', '') then
        return 'PUBLISH on the channels '
    end
end

local command = forbidden()
if command then
    return redis.error_reply('MATCHD Redis\' ACL does not let this user run ' .. command
        .. HEAD .. '*')
end
local reason = foreign()
if reason then return refusal(reason) end
local policy = evicted()
if policy then
    return redis.error_reply('MATCHD Redis may evict matchd\'s keys: its configuration says '
        .. 'maxmemory-policy ' .. policy .. '; set it to noeviction')
end
redis.call('SET', K.schema, SCHEMA)
return answer(true)
