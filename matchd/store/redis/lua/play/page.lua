-- Games in order of their ids.

local ids = {}
for _, id in ipairs(redis.call('HKEYS', K.play_games)) do
    if id > ask.after then ids[#ids + 1] = id end
end
table.sort(ids)
local page = {}
for i = 1, math.min(ask.limit, #ids) do
    local _, record = game_of(ids[i])
    page[i] = record
end
return answer(page)
