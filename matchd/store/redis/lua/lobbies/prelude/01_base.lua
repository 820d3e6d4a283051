-- Records and lists, for every script about lobbies.
-- A lobby is its version, a line's end, and its record, which only matchd reads; what a step means for
-- homes, codes, lists and deadlines is asked for with it.

local function record_of(id)
    local raw = id and redis.call('HGET', K.lobbies, id)
    if not raw then return 0, NIL end
    local version, record = string.match(raw, '^(%d+)\n(.*)$')
    return tonumber(version), record
end

-- Up to `limit` names of a list, whose name ends with \0, behind the key `after`.
local function names_on(list, after, limit)
    local first = after and '(' .. list .. after or '[' .. list
    local last = '(' .. string.sub(list, 1, -2) .. '\1'
    return redis.call('ZRANGEBYLEX', K.lobby_names, first, last, 'LIMIT', 0, limit)
end

-- Take the oldest entries out of the log: those that were kept long enough, and what is too much.
local function trim_log()
    local bytes = tonumber(redis.call('HGET', K.lobby_totals, 'bytes') or 0)
    for _ = 1, 100 do
        local oldest = redis.call('ZRANGE', K.lobby_log, 0, 0)[1]
        local at = oldest and tonumber(string.match(oldest, '^%d+\n([^\n]+)'))
        if not at or (at >= now - ask.kept and bytes <= ask.kept_bytes) then return end
        redis.call('ZREM', K.lobby_log, oldest)
        bytes = redis.call('HINCRBY', K.lobby_totals, 'bytes', -#oldest)
    end
end
