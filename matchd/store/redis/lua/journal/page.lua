-- Lines behind a number, or the latest, as {number, line}; and where the next look begins.

local key, last, found = book_key(ask.book), last_of(ask.book), {}
local most = ask.event and ask.scan or ask.limit
if ask.after then
    local from = string.format('(%.0f-0', ask.after)
    local cursor = math.max(ask.after, last)
    local entries = redis.call('XRANGE', key, from, '+', 'COUNT', most)
    for _, entry in ipairs(entries) do
        local seq, raw = read(entry)
        cursor = seq
        if not ask.event or is_of(cjson.decode(raw), ask.event) then
            found[#found + 1] = {seq, raw}
            if #found == ask.limit then break end
        end
    end
    return answer({lines = found, cursor = cursor})
end
for _, entry in ipairs(redis.call('XREVRANGE', key, '+', '-', 'COUNT', most)) do
    local seq, raw = read(entry)
    if not ask.event or is_of(cjson.decode(raw), ask.event) then
        table.insert(found, 1, {seq, raw})
        if #found == ask.limit then break end
    end
end
return answer({lines = found, cursor = last})
