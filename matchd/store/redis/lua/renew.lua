-- Renew a node's lease, and answer who is alive.

local node = get('nodes', ask.node)
local known = node ~= nil and not node.ended
if known then heard_of(node) end
return answer(leased(known))
