-- Have nodes take no new matches, or take them again.

for _, id in ipairs(ask.nodes) do
    local node = get('nodes', id)
    if node and not node.ended then
        node.drained = ask.drained or nil
        touch('nodes', node)
    end
end
return answer(true)
