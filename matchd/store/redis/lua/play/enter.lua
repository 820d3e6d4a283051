-- Take a place in the queue for all players of a ticket, or say why not.

local ticket = ask.ticket
for _, account in ipairs(ticket.accounts) do
    local place, game = seat_of(account)
    if place or game then
        return answer({kind = 'seated', account = account, ticket = place or NIL, game = game or NIL})
    end
end
for _, account in ipairs(ticket.accounts) do
    local seconds = cooling(account)
    if seconds > 0 then return answer({kind = 'cooling', account = account, seconds = seconds}) end
end
local names, changed = {}, false
for i, account in ipairs(ask.ratings and ticket.accounts or {}) do
    names[i] = ratings_of(account)[ask.mode] or NIL
    if names[i] ~= NIL and names[i] ~= ask.ratings[i] then changed = true end
end
if changed then return answer({kind = 'outrated', ratings = names}) end
ticket.joined_at = now
put_ticket(ticket)
local out = place_of(ticket)
out.kind, out.line = 'queued', line_of(ticket.line, ask.look)
return answer(out)
