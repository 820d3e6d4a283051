-- End a node's lease in good order; sweeps take out what sockets it still has.

local node = get('nodes', ask.node)
if node then
    node.ended = true
    touch('nodes', node)
    plan('n', node.id, now)
end
return answer(true)
