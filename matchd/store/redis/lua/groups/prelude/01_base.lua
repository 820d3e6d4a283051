-- Arguments, time and groups for what a script about groups works on. Part of each of them, behind the
-- table `K` of its keys (groups.py). ARGV: what is asked (MessagePack), the time (empty: Redis' own).
-- The steps are those of embedded/groups.py and domain/groups.py, under the same names.
-- A script looks first and writes last, so one that fails on what it reads has changed nothing.

local SCHEMA = '1'
local NIL = cjson.null -- cmsgpack writes it as nil: a field that has to be there
local FIRST = 1

-- A Redis that lost its memory is taken into use anew by the next renewal of a node's lease.
if redis.pcall('GET', K.schema) ~= SCHEMA then
    return redis.error_reply('MATCHD Redis has lost what matchd kept in it')
end

local ask = cmsgpack.unpack(ARGV[1])
local now = tonumber(ARGV[2])
if not now then
    local time = redis.call('TIME')
    now = tonumber(time[1]) + tonumber(time[2]) / 1000000
end

local function answer(out)
    if out == nil then out = NIL end
    return cmsgpack.pack(out)
end

local function has_node(node)
    local raw = redis.call('HGET', K.nodes, node)
    return raw and not cmsgpack.unpack(raw).ended
end

local function get(id)
    local raw = redis.call('HGET', K.groups, id)
    return raw and cmsgpack.unpack(raw) or nil
end

local function place_of(group, peer)
    for at, member in ipairs(group.members) do
        if member.peer == peer then return at, member end
    end
end

local function same(one, other)
    return one.node == other.node and one.connection == other.connection
end

local function here(id, peer, address)
    local group = get(id)
    if not group then return end
    local at, member = place_of(group, peer)
    if at and same(member.address, address) then return group, at, member end
end

local function socket_member(id, member)
    local address = member.address
    return address.node .. '\0' .. string.format('%016d', address.connection) .. '\0' .. id
        .. '\0' .. member.peer
end

local function due_member(id, peer)
    return id .. '\0' .. peer
end

local function sit(group, member)
    redis.call('ZADD', K.sockets, 0, socket_member(group.id, member))
end

local function unnote(group, member)
    redis.call('ZREM', K.sockets, socket_member(group.id, member))
    redis.call('ZREM', K.due, due_member(group.id, member.peer))
end

-- Write a group back, or forget an empty one; newcomers of its key find it while it takes them.
local function put(group)
    if #group.members > 0 then
        redis.call('HSET', K.groups, group.id, cmsgpack.pack(group))
    else
        redis.call('HDEL', K.groups, group.id)
    end
    if not group.closed and #group.members > 0 then
        redis.call('HSET', K.open, group.key, group.id)
    elseif redis.call('HGET', K.open, group.key) == group.id then
        redis.call('HDEL', K.open, group.key)
    end
end
