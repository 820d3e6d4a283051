-- Entries of the log after a cursor.

local last = tonumber(redis.call('HGET', K.totals, 'revoked') or 0)
local first = redis.call('ZRANGE', K.revocations, 0, 0, 'WITHSCORES')[2]
local pruned = first and tonumber(first) - 1 or last
local gap = ask.cursor > last or (ask.cursor > 0 and ask.cursor < pruned)
local start = '(' .. (gap and 0 or ask.cursor)
local entries = redis.call(
    'ZRANGEBYSCORE', K.revocations, start, '+inf', 'LIMIT', 0, ask.limit + 1)
local more = #entries > ask.limit
if more then entries[#entries] = nil end
for i, raw in ipairs(entries) do entries[i] = cmsgpack.unpack(raw) end
local cursor = more and entries[#entries].seq or last
return answer({entries = entries, cursor = cursor, more = more, gap = gap})
