-- The hosts with a free slot: one sorted set of score 0, in which every host stands twice, under its
-- region and game and under its game alone. A wish names disjoint ranges; their sizes and ranks are
-- O(log n), and so is a uniform choice among all members. A host without a game has game ''.

local function free_members(spot, id)
    return 'r\0' .. spot .. '\0' .. id, 'g' .. string.match(spot, '%z.*') .. '\0' .. id
end

local function free_drop(host)
    if host.spot then
        redis.call('ZREM', K.free, free_members(host.spot, host.id))
        host.spot = nil
        touch('hosts', host)
    end
end

local function free_put(host)
    local spot = host.region .. '\0' .. (host.game or '')
    if host.spot == spot then return end
    free_drop(host)
    local near, far = free_members(spot, host.id)
    redis.call('ZADD', K.free, 0, near, 0, far)
    host.spot = spot
    touch('hosts', host)
end

-- The ranges that hold the hosts of these regions (nil: anywhere) that serve this game (nil: all).
local function free_ranges(regions, game)
    local bases = {}
    for i, region in ipairs(regions or {}) do bases[i] = 'r\0' .. region .. '\0' end
    if not regions then bases = {'g\0'} end
    if not game then return bases end
    local found = {}
    for _, base in ipairs(bases) do
        found[#found + 1] = base .. game .. '\0'
        found[#found + 1] = base .. '\0'
    end
    return found
end

-- The next of a row of random numbers in (0, 1); the seed comes from the caller (Lehmer's generator,
-- exact in doubles).
local seed = ask.seed

local function draw()
    local drawn = seed / 2147483647
    seed = seed * 48271 % 2147483647
    return drawn
end

-- One host of these ranges, each equally likely; nil when they are empty.
local function free_choose(ranges)
    local sizes, total = {}, 0
    for i, prefix in ipairs(ranges) do
        sizes[i] = redis.call('ZLEXCOUNT', K.free, range(prefix))
        total = total + sizes[i]
    end
    if total == 0 then return nil end
    local at = math.floor(draw() * total)
    for i, prefix in ipairs(ranges) do
        if at < sizes[i] then
            local rank = redis.call('ZLEXCOUNT', K.free, '-', '(' .. prefix) + at
            local member = redis.call('ZRANGE', K.free, rank, rank)[1]
            return string.match(member, '([^%z]*)$')
        end
        at = at - sizes[i]
    end
end
