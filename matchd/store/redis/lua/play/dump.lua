-- Everything about the queue and games, as it stands in one moment, for the check of the invariants. O(n).

local tickets, games = {}, {}
for i, raw in ipairs(redis.call('HVALS', K.play_tickets)) do tickets[i] = shown(cmsgpack.unpack(raw)) end
for i, raw in ipairs(redis.call('HVALS', K.play_games)) do
    games[i] = string.match(raw, '^%d+\n(.*)$')
end
return answer({
    tickets = tickets, games = games, seats = redis.call('HGETALL', K.play_seats),
    lines = redis.call('ZRANGE', K.play_lines, 0, -1),
    leases = redis.call('ZRANGE', K.play_leases, 0, -1),
    sizes = redis.call('HGETALL', K.play_sizes), nodes = redis.call('ZRANGE', K.play_nodes, 0, -1),
    due = redis.call('ZRANGE', K.play_due, 0, -1, 'WITHSCORES'),
})
