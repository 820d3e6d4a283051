-- Games: a record each, their deadlines, the names of their nodes (node, game), and what outlives them.

local function game_of(id)
    local raw = id and redis.call('HGET', K.play_games, id)
    if not raw then return 0, NIL end
    local version, record = string.match(raw, '^(%d+)\n(.*)$')
    return tonumber(version), record
end

-- Where somebody is: a place in the queue, a game, or nowhere.
local function standing(account)
    local id, game = seat_of(account)
    if game then
        local _, record = game_of(game)
        return {game = record, now = now}
    end
    if not id then return {now = now} end
    local ticket = get_ticket(id)
    local out = place_of(ticket)
    out.ticket = shown(ticket)
    return out
end

-- The ratings of somebody, by modes.
local function ratings_of(account)
    local raw = redis.call('HGET', K.play_ratings, account)
    return raw and cmsgpack.unpack(raw) or {}
end

local function put_game(game)
    redis.call('HSET', K.play_games, game.id, game.version .. '\n' .. game.record)
    if game.due then
        redis.call('ZADD', K.play_due, exact(game.due), game.id)
    else
        redis.call('ZREM', K.play_due, game.id)
    end
end

local function drop_game(id)
    redis.call('HDEL', K.play_games, id)
    redis.call('ZREM', K.play_due, id)
end

-- Keep the result for each player, the latest `ask.most` of them.
local function keep_played(played)
    for _, account in ipairs(played.accounts) do
        redis.call('ZADD', K.play_history, 0, account .. '\0' .. played.key)
        redis.call('HSET', K.play_results, account .. '\0' .. played.key, played.record)
        local prefix = account .. '\0'
        local last = '(' .. account .. '\1'
        local found = redis.call(
            'ZRANGEBYLEX', K.play_history, '[' .. prefix, last, 'LIMIT', ask.most, 10)
        for _, old in ipairs(found) do
            redis.call('ZREM', K.play_history, old)
            redis.call('HDEL', K.play_results, old)
        end
    end
end

local function end_game(over)
    for _, account in ipairs(over.players) do redis.call('HDEL', K.play_seats, account) end
    for _, account in ipairs(over.guilty) do
        local raw = redis.call('HGET', K.play_broken, account)
        local count = 1
        if raw then
            local broken = cmsgpack.unpack(raw)
            if now < broken.at + ask.forgiven then count = broken.count + 1 end
        end
        redis.call('HSET', K.play_broken, account, cmsgpack.pack({count = count, at = now}))
    end
    if over.played then keep_played(over.played) end
    for _, rating in ipairs(over.ratings) do
        local known = ratings_of(rating[1])
        known[over.mode] = rating[2]
        redis.call('HSET', K.play_ratings, rating[1], cmsgpack.pack(known))
    end
    local positions = {}
    for _, ticket in ipairs(over.requeued) do put_ticket(ticket) end
    for i, ticket in ipairs(over.requeued) do positions[i] = position_of(ticket) end
    return positions
end
