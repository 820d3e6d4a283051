-- Keys, arguments, time, and the records that a script works on. Part of every script.
-- KEYS are those of scripts.py, in its order; ARGV: what is asked, the rules (both MessagePack), and
-- the time (empty: Redis' own). Records are read when first needed and written back by `answer`, so
-- a script that fails on what it reads has not changed any record.

local K = {
    schema = KEYS[1], hosts = KEYS[2], bookings = KEYS[3], rooms = KEYS[4], room_hosts = KEYS[5],
    grants = KEYS[6], keys = KEYS[7], unconnected = KEYS[8], counts = KEYS[9], free = KEYS[10],
    line = KEYS[11], agenda = KEYS[12], paces = KEYS[13], paced = KEYS[14], order = KEYS[15],
    nodes = KEYS[16], sockets = KEYS[17], pulse = KEYS[18],
}
local SCHEMA = '1'
local NIL = cjson.null -- cmsgpack writes it as nil: a field that has to be there

-- Why these keys are not ours, nil when they are. Foreign data is refused, never overwritten.
local function foreign()
    local kinds = {
        schema = 'string', free = 'zset', line = 'zset', agenda = 'zset', paced = 'zset',
        order = 'zset', sockets = 'zset',
    }
    local empty = true
    for name, key in pairs(K) do
        local kind = redis.call('TYPE', key).ok
        if kind ~= 'none' then
            empty = false
            if kind ~= (kinds[name] or 'hash') then
                return 'The key ' .. key .. ' in Redis is a ' .. kind .. ' of somebody else'
            end
        end
    end
    local found = redis.call('GET', K.schema)
    if not found and not empty then
        return 'The keys beside ' .. K.schema .. ' in Redis are not matchd\'s'
    elseif found and found ~= SCHEMA then
        return 'The data in Redis has schema ' .. string.sub(found, 1, 20)
            .. ' and this matchd writes schema ' .. SCHEMA
    end
end

local function refusal(reason)
    return redis.error_reply('MATCHD ' .. reason
        .. '; run one release on every node or choose another prefix')
end

-- The schema is looked at by every script: a Redis that lost its memory is taken into use anew, under a
-- new name of that memory, and one that another release has taken over is left alone. The rest is
-- checked on each connection (hello).
if redis.pcall('GET', K.schema) ~= SCHEMA then
    local reason = foreign()
    if reason then return refusal(reason) end
    local time = redis.call('TIME')
    redis.call('SET', K.schema, SCHEMA)
    redis.call('HSET', K.pulse, 'memory', time[1] .. '.' .. time[2],
        'recovering', ARGV[3] ~= '' and ARGV[3] or time[1])
end

local ask = cmsgpack.unpack(ARGV[1])
local rules = cmsgpack.unpack(ARGV[2])
local now = tonumber(ARGV[3])
if not now then
    local time = redis.call('TIME')
    now = tonumber(time[1]) + tonumber(time[2]) / 1000000
end

local news = {} -- what happened, in order: {kind, fields}

local function tell(kind, fields)
    news[#news + 1] = {kind, fields}
end

local function copy(record)
    local other = {}
    for name, value in pairs(record) do other[name] = value end
    return other
end

local function or_nil(value)
    if value == nil then return NIL end
    return value
end

-- Records: hosts, bookings, rooms, nodes, and the ids of each principal's bookings that wait or are
-- held. `false` in the cache is a record that is not there.

local cache = {hosts = {}, bookings = {}, rooms = {}, nodes = {}, unconnected = {}}
local dirty = {hosts = {}, bookings = {}, rooms = {}, nodes = {}, unconnected = {}}

local function get(kind, id)
    if id == nil then return nil end
    local known = cache[kind][id]
    if known == nil then
        local raw = redis.call('HGET', K[kind], id)
        known = raw and cmsgpack.unpack(raw) or false
        cache[kind][id] = known
    end
    return known or nil
end

local function touch(kind, record)
    dirty[kind][record.id] = true
end

local function create(kind, record)
    cache[kind][record.id] = record
    dirty[kind][record.id] = true
    redis.call('ZADD', K.order, 0, kind .. '\0' .. record.id)
end

local function drop(kind, id)
    cache[kind][id] = false
    dirty[kind][id] = true
    redis.call('ZREM', K.order, kind .. '\0' .. id)
end

-- Counters change at the end too: a step that goes through two states is one change.
local pending = {}

local function count(field, by)
    pending[field] = (pending[field] or 0) + by
end

local function counted(field)
    return tonumber(redis.call('HGET', K.counts, field) or 0) + (pending[field] or 0)
end

local function write_counts()
    for field, by in pairs(pending) do
        if by ~= 0 and redis.call('HINCRBY', K.counts, field, by) == 0 then
            redis.call('HDEL', K.counts, field)
        end
    end
end

-- All members of a sorted set that begin with `prefix`, which ends with \0.
local function range(prefix)
    return '[' .. prefix, '(' .. string.sub(prefix, 1, -2) .. '\1'
end

-- Up to `limit` ids of a kind after the given one, in order.
local function ids_of(kind, after, limit)
    local first, last = range(kind .. '\0')
    if after then first = '(' .. kind .. '\0' .. after end
    local ids = redis.call('ZRANGEBYLEX', K.order, first, last, 'LIMIT', 0, limit)
    for i, member in ipairs(ids) do ids[i] = string.sub(member, #kind + 2) end
    return ids
end

-- Write back what was touched, and answer: what was asked, what happened, and the hosts that changed
-- (for their mirror, wire.md 2.4).
local function answer(out)
    local hosts, gone = {}, {}
    for kind, ids in pairs(dirty) do
        for id in pairs(ids) do
            local record = cache[kind][id]
            if record then
                redis.call('HSET', K[kind], id, cmsgpack.pack(record))
            else
                redis.call('HDEL', K[kind], id)
            end
            if kind == 'hosts' then
                if record then hosts[#hosts + 1] = record else gone[#gone + 1] = id end
            end
        end
    end
    write_counts()
    return cmsgpack.pack({now = now, out = out, news = news, hosts = hosts, gone = gone})
end
