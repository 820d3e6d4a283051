-- All ratings of somebody, each with its mode.

local found = {}
for mode, rating in pairs(ratings_of(ask.account)) do found[#found + 1] = {mode, rating} end
return answer(found)
