-- The two books and their index, for every script about the journal. A book is a stream; the id of a line is
-- its number, and 0. The index holds, for each id that a line names, `id \0 book \0 number` in one sorted set.

local function book_key(book)
    return book == 'audit' and K.audit or K.journal
end

local function entry_of(name, book, seq)
    return name .. '\0' .. book .. '\0' .. string.format('%016d', seq)
end

local function last_of(book)
    return tonumber(redis.call('HGET', K.journal_books, book) or 0)
end

-- An entry of a stream as its number and its line, which is JSON.
local function read(entry)
    return tonumber(string.match(entry[1], '^%d+')), entry[2][2]
end

-- Drop the oldest lines that are beyond the bounds, up to the first that is within; how many.
local function prune(book)
    local key, last, done, upto = book_key(book), last_of(book), 0, nil
    for _, entry in ipairs(redis.call('XRANGE', key, '-', '+', 'COUNT', ask.pruned)) do
        local seq, raw = read(entry)
        local line = cjson.decode(raw)
        if seq > last - ask.count and line.at >= ask.at - ask.age then break end
        for _, name in pairs(line.ids or {}) do
            redis.call('ZREM', K.journal_index, entry_of(name, book, seq))
        end
        upto, done = seq, done + 1
    end
    if upto then
        redis.call('XTRIM', key, 'MINID', string.format('%.0f-0', upto + 1))
    end
    return done
end

-- Whether a line tells of this event, or of one of this noun.
local function is_of(line, event)
    return line.event == event or string.sub(line.event, 1, #event + 1) == event .. '.'
end
