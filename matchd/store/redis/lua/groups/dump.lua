-- Everything about groups, as it stands in one moment, for the check of the invariants.

local groups, flat, open = {}, redis.call('HGETALL', K.groups_open), {}
for i, raw in ipairs(redis.call('HVALS', K.groups)) do groups[i] = cmsgpack.unpack(raw) end
for i = 1, #flat, 2 do open[#open + 1] = {flat[i], flat[i + 1]} end
return answer({
    groups = groups, open = open, sockets = redis.call('ZRANGE', K.groups_sockets, 0, -1),
    due = redis.call('ZRANGE', K.groups_due, 0, -1),
})
