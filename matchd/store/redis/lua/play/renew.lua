-- Renew the leases of those who are in the queue; those who are in a game, each with it.

local playing = {}
for _, account in ipairs(ask.accounts) do
    local id, game = seat_of(account)
    if id then renew(id) end
    if game then playing[#playing + 1] = {account, game} end
end
return answer(playing)
