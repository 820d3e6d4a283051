-- Ids and logs, for every script about events. The keys of the logs follow those of `K`, in the order of
-- `ask.logs`.
-- A log is a list of its entries, packed, oldest first, and behind them what is known of it: the ids of its
-- last entry and of the last that was dropped, and its size. It expires when no entry can be replayed.

local OLDEST = math.floor((now - ask.keep) * 1000000)

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
    return KEYS[#KEYS - #ask.logs + at]
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
