-- Lobbies whose deadline is over, and names on the lists of nodes that are dead. What the log has kept
-- long enough is forgotten.

local expired = redis.call('ZRANGEBYSCORE', K.lobby_due, '-inf', exact(now), 'LIMIT', 0, ask.limit)
local bereft, after = {}, '[' .. ask.nodes
while #bereft < ask.limit do
    local last = '(' .. string.sub(ask.nodes, 1, -2) .. '\1'
    local name = redis.call('ZRANGEBYLEX', K.lobby_names, after, last, 'LIMIT', 0, 1)[1]
    if not name then break end
    local node = string.match(name, '^[^%z]*%z([^%z]*)%z')
    local list = ask.nodes .. node .. '\0'
    if not node_lives(node) then
        for _, one in ipairs(names_on(list, nil, ask.limit)) do bereft[#bereft + 1] = one end
    end
    after = '(' .. string.sub(list, 1, -2) .. '\1'
end
trim_log()
return answer({expired = expired, bereft = bereft})
