-- Who of these is there, and where.

local present = {}
for _, account in ipairs(ask.accounts) do
    local person = get(K.event_people, account)
    if person and not person.is_away then
        local place = redis.call('HGET', K.event_places, account) or 'online'
        present[#present + 1] = {account, place}
    end
end
return answer(present)
