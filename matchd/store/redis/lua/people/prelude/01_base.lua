-- Arguments, time and words for what a script about people works on. Part of each of them, behind the
-- table `K` of its keys (people_scripts.py). ARGV: what is asked (MessagePack), the time (empty: Redis'
-- own). `ask.at` is the caller's time, which is what is kept; Redis' own decides what is due.
-- A script looks first and writes last, so one that fails on what it reads has changed nothing.

local SCHEMA = '1'
local NIL = cjson.null -- cmsgpack writes it as nil: a field that has to be there

-- Each connection was greeted by `hello`, which says whose data this is and takes an empty Redis into use.
if redis.pcall('GET', K.schema) ~= SCHEMA then
    return redis.error_reply('MATCHD Redis has lost what matchd kept in it')
end

local ask = cmsgpack.unpack(ARGV[1])
local now = tonumber(ARGV[2])
if not now then
    local time = redis.call('TIME')
    now = tonumber(time[1]) + tonumber(time[2]) / 1000000
end

local function answer(out)
    if out == nil then out = NIL end
    return cmsgpack.pack(out)
end

local function get(key, id)
    local raw = redis.call('HGET', key, id)
    return raw and cmsgpack.unpack(raw) or nil
end

local function put(key, id, record)
    redis.call('HSET', key, id, cmsgpack.pack(record))
end

local function exact(number)
    return string.format('%.17g', number)
end

-- Up to `limit` members of a sorted set that begin with `prefix`, which ends with \0, behind `after`;
-- without the prefix.
local function members(key, prefix, after, limit)
    local first = after and '(' .. prefix .. after or '[' .. prefix
    local last = '(' .. string.sub(prefix, 1, -2) .. '\1'
    local found = redis.call('ZRANGEBYLEX', key, first, last, 'LIMIT', 0, limit or -1)
    for i, member in ipairs(found) do found[i] = string.sub(member, #prefix + 1) end
    return found
end
