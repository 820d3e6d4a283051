-- Take a lease under a new id, unless living nodes were configured with other secrets.

for _, node in ipairs(standing_nodes()) do
    if node.family ~= ask.family and now < node.seen_at + rules.node then
        return answer({kind = 'stranger'})
    end
end
local node = {id = ask.node, family = ask.family}
create('nodes', node)
heard_of(node)
return answer(leased(true))
