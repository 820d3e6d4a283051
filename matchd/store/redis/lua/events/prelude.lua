-- Arguments, time, ids and logs. Part of each script about events, behind the table `K` of its keys
-- (events.py); the keys of the logs follow them, in the order of `ask.logs`. ARGV: what is asked
-- (MessagePack), the time (empty: Redis' own).
-- A log is a list of its entries, packed, oldest first, and behind them what is known of it: the ids of its
-- last entry and of the last that was dropped, and its size. It expires when no entry can be replayed.

local SCHEMA = '1'
local NIL = cjson.null -- cmsgpack writes it as nil: a field that has to be there

-- Each connection was greeted by `hello`, which says whose data this is and takes an empty Redis into use.
if redis.pcall('GET', K.schema) ~= SCHEMA then
    return redis.error_reply('MATCHD Redis has lost what matchd kept in it')
end

local ask = cmsgpack.unpack(ARGV[1])
local now = tonumber(ARGV[2])
if not now then
    local time = redis.call('TIME')
    now = tonumber(time[1]) + tonumber(time[2]) / 1000000
end

local OLDEST = math.floor((now - ask.keep) * 1000000)

local function answer(out)
    if out == nil then out = NIL end
    return cmsgpack.pack(out)
end

local function get(key, id)
    local raw = redis.call('HGET', key, id)
    return raw and cmsgpack.unpack(raw) or nil
end

local function put(key, id, record)
    redis.call('HSET', key, id, cmsgpack.pack(record))
end

local function exact(number)
    return string.format('%.17g', number)
end

local function total(name)
    return tonumber(redis.call('HGET', K.event_totals, name) or 0)
end

-- The next id: the time in microseconds, or one more than the last one.
local function next_id()
    local id = math.max(total('last') + 1, math.floor(now * 1000000))
    redis.call('HSET', K.event_totals, 'last', string.format('%.0f', id))
    redis.call('HSETNX', K.event_totals, 'floor', string.format('%.0f', id))
    return id
end

local function log_key(at)
    return KEYS[FIRST_LOG + at - 1]
end

local function member(address, account)
    return address[1] .. '\0' .. string.format('%016d', address[2]) .. '\0' .. account
end

local function add_socket(address, account)
    redis.call('ZADD', K.event_sockets, 0, member(address, account))
    redis.call('HINCRBY', K.event_nodes, address[1], 1)
end

local function remove_socket(address, account)
    redis.call('ZREM', K.event_sockets, member(address, account))
    if redis.call('HINCRBY', K.event_nodes, address[1], -1) <= 0 then
        redis.call('HDEL', K.event_nodes, address[1])
    end
end

-- A person is {seats, away_at, forget_at, is_away}, a seat {node, connection, turn}.
-- Take a socket out; whose last one it was is away after the grace.
local function rise(account, person, address)
    for at, seat in ipairs(person.seats) do
        if seat[1] == address[1] and seat[2] == address[2] then
            table.remove(person.seats, at)
            remove_socket(address, account)
            if #person.seats == 0 then
                person.away_at = now + ask.grace
                person.forget_at = person.away_at + ask.keep
                redis.call('ZADD', K.event_due, exact(person.away_at), account)
            end
            put(K.event_people, account, person)
            return
        end
    end
end
