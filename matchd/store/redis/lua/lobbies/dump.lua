-- Everything about lobbies, as it stands in one moment, for the check of the invariants. O(n).

local records = {}
for i, raw in ipairs(redis.call('HVALS', K.lobbies)) do
    records[i] = string.match(raw, '^%d+\n(.*)$')
end
return answer({
    records = records, homes = redis.call('HGETALL', K.lobby_homes),
    codes = redis.call('HGETALL', K.lobby_codes), names = redis.call('ZRANGE', K.lobby_names, 0, -1),
    due = redis.call('ZRANGE', K.lobby_due, 0, -1, 'WITHSCORES'),
})
