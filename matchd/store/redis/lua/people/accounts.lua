-- Those of some accounts that there are.

local found = {}
for _, id in ipairs(ask.ids) do found[#found + 1] = get(K.accounts, id) end
return answer(found)
