-- Both edges of one to each of some others.

local ties = {}
for i, other in ipairs(ask.others) do
    local mine = side(ask.me, other)
    ties[i] = {mine.edge, mine.since and side(other, ask.me).edge or NOTHING.edge}
end
return answer(ties)
