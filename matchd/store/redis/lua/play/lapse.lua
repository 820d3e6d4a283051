-- Take out tickets whose lease is over.

if is_calm() then return answer({}) end
local lapsed = {}
local over = redis.call('ZRANGEBYSCORE', K.play_leases, '-inf', exact(now), 'LIMIT', 0, ask.limit)
for i, id in ipairs(over) do
    local ticket = get_ticket(id)
    drop_ticket(ticket)
    lapsed[i] = shown(ticket)
end
return answer(lapsed)
