-- The ratings of these in a mode.

local found = {}
for i, account in ipairs(ask.accounts) do
    found[i] = ratings_of(account)[ask.mode] or NIL
end
return answer(found)
