-- The latest lines of each book that name something so, oldest first.

local found = {}
for _, book in ipairs({'journal', 'audit'}) do
    local from = ask.name .. '\0' .. book
    local entries = redis.call(
        'ZREVRANGEBYLEX', K.journal_index, '(' .. from .. '\1', '[' .. from .. '\0', 'LIMIT', 0, ask.limit)
    for i = #entries, 1, -1 do
        local id = string.format('%.0f-0', tonumber(string.sub(entries[i], -16)))
        local entry = redis.call('XRANGE', book_key(book), id, id)[1]
        if entry then
            local _, raw = read(entry)
            found[#found + 1] = raw
        end
    end
end
return answer(found)
