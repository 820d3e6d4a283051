-- Arguments, time and words for what a script about the queue and games works on. Part of each of them,
-- behind the table `K` of its keys. ARGV: what is asked (MessagePack), the time (empty: Redis' own).
-- A ticket is packed with what scripts have to know of it, its record is text that only matchd reads; a
-- game is its version, a line's end, and its record. A script looks first and writes last.

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

local function exact(number)
    return string.format('%.17g', number)
end

local function lives(node)
    local raw = redis.call('HGET', K.nodes, node)
    return raw and not cmsgpack.unpack(raw).ended
end

-- Nobody could renew anything until just now (embedded/pulse.py).
local function is_calm()
    local calm = tonumber(redis.call('HGET', K.pulse, 'calm') or 0)
    local last = tonumber(redis.call('HGET', K.pulse, 'last') or now)
    return now < calm or (now - last > ask.outage and now >= calm + ask.node_lease)
end

-- Up to `limit` members of a sorted set that begin with `prefix`, which ends with \0, behind `after`.
local function members(key, prefix, after, limit)
    local first = after and '(' .. prefix .. after or '[' .. prefix
    local last = '(' .. string.sub(prefix, 1, -2) .. '\1'
    return redis.call('ZRANGEBYLEX', key, first, last, 'LIMIT', 0, limit or -1)
end
