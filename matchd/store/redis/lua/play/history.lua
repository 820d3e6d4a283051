-- Somebody's games, the latest first, behind a key; each key with its record.

local found = {}
for _, name in ipairs(members(K.play_history, ask.account .. '\0', ask.after, ask.limit)) do
    found[#found + 1] = string.match(name, '([^%z]*)$')
    found[#found + 1] = redis.call('HGET', K.play_results, name)
end
return answer(found)
