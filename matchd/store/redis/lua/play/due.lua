-- Games whose deadline is over, and names of nodes that are dead with the games of their sockets.

if is_calm() then return answer({expired = {}, bereft = {}}) end
local expired = redis.call('ZRANGEBYSCORE', K.play_due, '-inf', exact(now), 'LIMIT', 0, ask.limit)
local bereft, after = {}, '-'
while #bereft < ask.limit do
    local name = redis.call('ZRANGEBYLEX', K.play_nodes, after, '+', 'LIMIT', 0, 1)[1]
    if not name then break end
    local node = string.match(name, '^[^%z]*')
    if not node_lives(node) then
        for _, one in ipairs(members(K.play_nodes, node .. '\0', nil, ask.limit)) do
            bereft[#bereft + 1] = one
        end
    end
    after = '(' .. node .. '\1'
end
return answer({expired = expired, bereft = bereft})
