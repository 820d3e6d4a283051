-- Tickets: a record each, a place in the one sorted set of all lines (line, seniority, id), a lease, and
-- a seat for each player: q and the ticket's id, or g and the game's.

local function get_ticket(id)
    local raw = redis.call('HGET', K.play_tickets, id)
    return raw and cmsgpack.unpack(raw)
end

local function member_of(ticket)
    return ticket.line .. '\0' .. string.format('%016.0f', ticket.joined_at * 1000000) .. '\0' .. ticket.id
end

local function renew(id)
    redis.call('ZADD', K.play_leases, exact(now + ask.lease), id)
end

local function put_ticket(ticket)
    redis.call('HSET', K.play_tickets, ticket.id, cmsgpack.pack(ticket))
    redis.call('ZADD', K.play_lines, 0, member_of(ticket))
    redis.call('HINCRBY', K.play_sizes, ticket.line, 1)
    renew(ticket.id)
    for _, account in ipairs(ticket.accounts) do
        redis.call('HSET', K.play_seats, account, 'q' .. ticket.id)
    end
end

local function drop_ticket(ticket)
    redis.call('HDEL', K.play_tickets, ticket.id)
    redis.call('ZREM', K.play_lines, member_of(ticket))
    redis.call('ZREM', K.play_leases, ticket.id)
    if redis.call('HINCRBY', K.play_sizes, ticket.line, -1) == 0 then
        redis.call('HDEL', K.play_sizes, ticket.line)
    end
    for _, account in ipairs(ticket.accounts) do
        redis.call('HDEL', K.play_seats, account)
        redis.call('HDEL', K.play_waiters, account)
    end
end

local function position_of(ticket)
    local last = '(' .. member_of(ticket)
    return redis.call('ZLEXCOUNT', K.play_lines, '[' .. ticket.line .. '\0', last) + 1
end

local function shown(ticket)
    return {joined_at = ticket.joined_at, record = ticket.record}
end

local function place_of(ticket)
    local left = redis.call('HGET', K.play_left, ticket.line)
    return {
        position = position_of(ticket), now = now,
        size = tonumber(redis.call('HGET', K.play_sizes, ticket.line)),
        left = left and cmsgpack.unpack(left) or {},
    }
end

local function line_of(line, limit)
    local found = {}
    for i, member in ipairs(members(K.play_lines, line .. '\0', nil, limit)) do
        found[i] = shown(get_ticket(string.match(member, '([^%z]*)$')))
    end
    return found
end

-- The ticket or game that somebody has, whichever.
local function seat_of(account)
    local seat = redis.call('HGET', K.play_seats, account)
    if not seat then return nil, nil end
    local id = string.sub(seat, 2)
    if string.sub(seat, 1, 1) == 'q' then return id, nil end
    return nil, id
end

-- Seconds until somebody may queue again; what he broke long ago is forgotten.
local function cooling(account)
    local raw = redis.call('HGET', K.play_broken, account)
    if not raw then return 0 end
    local broken = cmsgpack.unpack(raw)
    if now >= broken.at + ask.forgiven then
        redis.call('HDEL', K.play_broken, account)
        return 0
    end
    return broken.at + ask.cooldowns[math.min(broken.count, #ask.cooldowns)] - now
end
