-- Accounts that have a socket: a part of the table's keys, when they are very many.

local found, scanned = {}, redis.call('HSCAN', K.chat_sockets, 0, 'COUNT', ask.limit)
for i = 1, #scanned[2], 2 do found[#found + 1] = scanned[2][i] end
return answer(found)
