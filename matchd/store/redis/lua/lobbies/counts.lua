-- How many lobbies are on each list.

local counts = {}
for i, list in ipairs(ask.lists) do
    local last = '(' .. string.sub(list, 1, -2) .. '\1'
    counts[i] = redis.call('ZLEXCOUNT', K.lobby_names, '[' .. list, last)
end
return answer(counts)
