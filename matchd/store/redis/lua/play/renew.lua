-- Renew the leases of those who are in the queue.

for _, account in ipairs(ask.accounts) do
    local id = seat_of(account)
    if id then renew(id) end
end
return answer(true)
