-- How many tickets there are, and how many games that are not over: those whose players are seated.

local games = 0
for _, raw in ipairs(redis.call('HVALS', K.play_games)) do
    if not string.find(raw, '"state":"finished"', 1, true) then games = games + 1 end
end
return answer({redis.call('HLEN', K.play_tickets), games})
