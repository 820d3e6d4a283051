-- Ties: a record for each side, as that one looks at it, and an index of each side's list. What a verb
-- makes of a tie comes from the machine of the domain, as `ask.table`: by `mine|theirs`.

local NOTHING = {edge = 'nothing', standing = 'none'}
local SHOWN = {'blocked', 'friend', 'incoming', 'outgoing'} -- in the order of lists

local function side(me, other)
    return get(K.edges, me .. '\0' .. other) or NOTHING
end

local function tally(me, what)
    return tonumber(redis.call('HGET', K.tallies, what .. '\0' .. me) or 0)
end

local function count(me, what, by)
    if by ~= 0 and redis.call('HINCRBY', K.tallies, what .. '\0' .. me, by) == 0 then
        redis.call('HDEL', K.tallies, what .. '\0' .. me)
    end
end

local function one_if(condition)
    return condition and 1 or 0
end

local function holds(half)
    return one_if(half.edge ~= 'nothing')
end

local function waits(half)
    return one_if(half.standing == 'incoming')
end

-- Put `after` in the place of what one side was; `gone`: the tie is empty now.
local function write_side(me, other, before, after, gone)
    count(me, 'held', holds(after) - holds(before))
    count(me, 'waiting', waits(after) - waits(before))
    local name = me .. '\0' .. other
    if before.since then
        redis.call('ZREM', K.lists, me .. '\0' .. before.standing .. '\0' .. other)
    end
    if gone then
        redis.call('HDEL', K.edges, name)
    else
        local same = before.since and before.standing == after.standing
        local since = same and before.since or ask.at
        put(K.edges, name, {edge = after.edge, standing = after.standing, since = since})
        redis.call('ZADD', K.lists, 0, me .. '\0' .. after.standing .. '\0' .. other)
    end
end

-- Up to `limit` lines of one's list of one standing, behind `after`.
local function lines_of(me, standing, after, limit, lines)
    for _, other in ipairs(members(K.lists, me .. '\0' .. standing .. '\0', after, limit)) do
        local since = side(me, other).since
        lines[#lines + 1] = {other = other, standing = standing, since = since}
    end
    return lines
end

-- Take out up to `limit` ties of an account that was deleted, on from where the last step ended; how many.
-- Blocks that others hold against an id that may come back stay theirs.
local function erase(id, limit)
    local after = redis.call('HGET', K.erasing, id)
    local names = members(K.lists, id .. '\0', after ~= '' and after, limit)
    for _, name in ipairs(names) do
        local other = string.match(name, '^[^%z]*%z(.*)$')
        local mine, theirs = side(id, other), side(other, id)
        local kept = string.sub(id, 1, 2) ~= 'u_' and theirs.edge == 'blocks'
        write_side(id, other, mine, NOTHING, not kept)
        if not kept then write_side(other, id, theirs, NOTHING, true) end
    end
    if #names < limit then
        redis.call('HDEL', K.erasing, id)
    else
        redis.call('HSET', K.erasing, id, names[#names])
    end
    return #names
end
