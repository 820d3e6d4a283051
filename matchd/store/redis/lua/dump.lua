-- Everything, as it stands in one moment, for the check of the invariants. O(n): administrators only.

local function pairs_of(key)
    local flat, found = redis.call('HGETALL', key), {}
    for i = 1, #flat, 2 do found[#found + 1] = {flat[i], flat[i + 1]} end
    return found
end

local function records_of(key)
    local found = {}
    for i, raw in ipairs(redis.call('HVALS', key)) do found[i] = cmsgpack.unpack(raw) end
    return found
end

local unconnected = pairs_of(K.unconnected)
for _, item in ipairs(unconnected) do item[2] = cmsgpack.unpack(item[2]) end
return answer({
    hosts = records_of(K.hosts), bookings = records_of(K.bookings), rooms = records_of(K.rooms),
    room_hosts = pairs_of(K.room_hosts), keys = pairs_of(K.keys), grants = pairs_of(K.grants),
    unconnected = unconnected, counts = pairs_of(K.counts),
    free = redis.call('ZRANGE', K.free, 0, -1), line = redis.call('ZRANGE', K.line, 0, -1),
    nodes = records_of(K.nodes), sockets = redis.call('ZRANGE', K.sockets, 0, -1),
    order = redis.call('ZRANGE', K.order, 0, -1), agenda = redis.call('ZRANGE', K.agenda, 0, -1),
})
