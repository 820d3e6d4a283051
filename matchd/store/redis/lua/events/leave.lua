-- Take a socket out.

local person = get(K.event_people, ask.account)
if person then rise(ask.account, person, {ask.node, ask.connection}) end
return answer(true)
