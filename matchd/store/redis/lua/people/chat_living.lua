-- The nodes that live.

return answer(living_nodes())
