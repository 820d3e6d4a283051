-- The open group of a key.

local open = redis.call('HGET', K.groups_open, ask.key)
return answer(open and get(open) or NIL)
