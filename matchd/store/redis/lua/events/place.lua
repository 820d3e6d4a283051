-- Say where somebody is; whether that is seen.

local former = redis.call('HGET', K.event_places, ask.account) or 'online'
if ask.presence == 'online' then
    redis.call('HDEL', K.event_places, ask.account)
else
    redis.call('HSET', K.event_places, ask.account, ask.presence)
end
local person = get(K.event_people, ask.account)
return answer(former ~= ask.presence and person ~= nil and not person.is_away)
