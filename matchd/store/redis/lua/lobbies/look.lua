-- One lobby: by its id, its code, or who is in it.

local id = ask.id
if ask.code then id = redis.call('HGET', K.lobby_codes, ask.code) end
if ask.account then id = redis.call('HGET', K.lobby_homes, ask.account) end
local _, record = record_of(id)
return answer({record = record, now = now})
