-- Groups and places, for every script about groups. The steps are those of embedded/groups.py and
-- domain/groups.py, under the same names.

local FIRST = 1

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
    redis.call('ZADD', K.groups_sockets, 0, socket_member(group.id, member))
end

local function unnote(group, member)
    redis.call('ZREM', K.groups_sockets, socket_member(group.id, member))
    redis.call('ZREM', K.groups_due, due_member(group.id, member.peer))
end

-- Write a group back, or forget an empty one; newcomers of its key find it while it takes them.
local function put(group)
    if #group.members > 0 then
        redis.call('HSET', K.groups, group.id, cmsgpack.pack(group))
    else
        redis.call('HDEL', K.groups, group.id)
    end
    if not group.closed and #group.members > 0 then
        redis.call('HSET', K.groups_open, group.key, group.id)
    elseif redis.call('HGET', K.groups_open, group.key) == group.id then
        redis.call('HDEL', K.groups_open, group.key)
    end
end
