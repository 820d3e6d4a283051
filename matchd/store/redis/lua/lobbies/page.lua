-- The first lobbies of some lists, behind a key; up to `limit` of each list, some of them twice.

local found = {}
for _, list in ipairs(ask.lists) do
    for _, name in ipairs(names_on(list, ask.after, ask.limit)) do
        local _, record = record_of(string.match(name, '%.([^.]*)$'))
        found[#found + 1] = record
    end
end
return answer(found)
