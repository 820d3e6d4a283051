-- Nodes, and where their sockets are: one sorted set of score 0 whose members are node, connection, room,
-- so that the sockets of a dead node are a range.

local MAX_NODES = 1000 -- that one answer names

local function plan(kind, id, due)
    -- An earlier look stays: what it finds may put a later one in its place (embedded/agenda.py).
    redis.call('ZADD', K.agenda, 'LT', string.format('%.17g', due), kind .. '\0' .. id)
end

local function has_node(address)
    local node = get('nodes', address.node)
    return node and not node.ended
end

local function socket_member(address, room)
    return address.node .. '\0' .. string.format('%016d', address.connection) .. '\0' .. room.id
end

local function sit(address, room)
    redis.call('ZADD', K.sockets, 0, socket_member(address, room))
end

local function rise(address, room)
    redis.call('ZREM', K.sockets, socket_member(address, room))
end

-- The nodes that have not ended, in order of their ids.
local function standing_nodes()
    local standing = {}
    for _, id in ipairs(ids_of('nodes', nil, MAX_NODES)) do
        local node = get('nodes', id)
        if not node.ended then standing[#standing + 1] = node end
    end
    return standing
end

-- A node is alive. After an outage, in which no node was, all leases get the time to be renewed.
local function heard_of(node)
    if is_outage() then
        redis.call('HSET', K.pulse, 'calm', string.format('%.17g', now + rules.node))
    end
    redis.call('HSET', K.pulse, 'last', string.format('%.17g', now))
    node.seen_at = now
    touch('nodes', node)
    plan('n', node.id, now + rules.node)
end

local function leased(known)
    local names = ids_of('nodes', nil, MAX_NODES) -- those too that a sweep is about to end
    local node, memory = get('nodes', ask.node), redis.call('HGET', K.pulse, 'memory')
    return {known = known, nodes = names, memory = memory, drained = (node and node.drained) == true}
end
