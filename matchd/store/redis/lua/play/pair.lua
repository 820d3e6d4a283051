-- Make a game of its tickets: they leave, it comes, its players are seated; unless one of them is gone,
-- or somebody blocks somebody.

local tickets = {}
for i, id in ipairs(ask.tickets) do
    local lease = tonumber(redis.call('ZSCORE', K.play_leases, id) or 0)
    tickets[i] = lease > now and get_ticket(id) or nil
    if not tickets[i] then return answer({kind = 'stale'}) end
end

local function blocks(one, other)
    local raw = redis.call('HGET', K.edges, one .. '\0' .. other)
    return raw and cmsgpack.unpack(raw).edge == 'blocks'
end

for i = 1, #tickets do
    for j = i + 1, #tickets do
        for _, one in ipairs(tickets[i].accounts) do
            for _, other in ipairs(tickets[j].accounts) do
                if blocks(one, other) or blocks(other, one) then
                    return answer({kind = 'apart', pair = {one, other}})
                end
            end
        end
    end
end

local waiters = {}
for _, ticket in ipairs(tickets) do
    for _, account in ipairs(ticket.accounts) do
        local waiter = redis.call('HGET', K.play_waiters, account)
        if waiter then waiters[#waiters + 1] = cmsgpack.unpack(waiter) end
    end
    drop_ticket(ticket)
    local raw = redis.call('HGET', K.play_left, ticket.line)
    local left = raw and cmsgpack.unpack(raw) or {}
    left[#left + 1] = now
    if #left > ask.recent then table.remove(left, 1) end
    redis.call('HSET', K.play_left, ticket.line, cmsgpack.pack(left))
    for _, account in ipairs(ticket.accounts) do
        redis.call('HSET', K.play_seats, account, 'g' .. ask.game.id)
    end
end
put_game(ask.game)
return answer({kind = 'paired', waiters = waiters})
