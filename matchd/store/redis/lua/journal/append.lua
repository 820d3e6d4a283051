-- Write lines, each as {line, ids that it names}, unless this batch is written. `ask.batch`: a writer
-- and a number; the last key keeps the number of the last batch of this writer for a while.

local mark = KEYS[#KEYS]
if not ask.batch or redis.call('GET', mark) ~= ask.batch then
    local seq = last_of(ask.book)
    for _, one in ipairs(ask.lines) do
        seq = seq + 1
        redis.call('XADD', book_key(ask.book), string.format('%.0f-0', seq), 'l', one[1])
        for _, name in ipairs(one[2]) do
            redis.call('ZADD', K.journal_index, 0, entry_of(name, ask.book, seq))
        end
    end
    redis.call('HSET', K.journal_books, ask.book, string.format('%.0f', seq))
    if ask.batch then redis.call('SET', mark, ask.batch, 'PX', 600000) end
end
return answer(prune(ask.book))
