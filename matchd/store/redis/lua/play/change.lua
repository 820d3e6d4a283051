-- Put `ask.game` in the place of version `ask.version` of a game (0: none; no game: none), if that is the
-- one that is there, and do what its end means (`ask.over`).

local version, record = game_of(ask.id)
if version ~= ask.version then return answer({kind = 'stale', record = record, now = now}) end
if ask.node and not node_lives(ask.node) then return answer({kind = 'dead_node'}) end
for _, name in ipairs(ask.unlist) do redis.call('ZREM', K.play_nodes, name) end
for _, name in ipairs(ask.list) do redis.call('ZADD', K.play_nodes, 0, name) end
if ask.game then put_game(ask.game) else drop_game(ask.id) end
return answer({kind = 'changed', positions = ask.over and end_game(ask.over) or {}})
