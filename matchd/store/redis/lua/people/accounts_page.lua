-- Accounts whose folded handles lie between two bounds, in order.

local page = {}
local names = redis.call('ZRANGEBYLEX', K.names, ask.first, ask.last, 'LIMIT', 0, ask.limit)
for i, folded in ipairs(names) do
    page[i] = get(K.accounts, redis.call('HGET', K.handles, folded))
end
return answer(page)
