-- What every script of a suite begins with, behind the table `K` of its keys (suites.py). ARGV: what is
-- asked (MessagePack), the time (empty: Redis' own). `ask.at` is the caller's time.
-- A script looks first and writes last, so one that fails on what it reads has changed nothing.

local SCHEMA = '1'
local NIL = cjson.null -- cmsgpack writes it as nil: a field that has to be there

-- Each connection was greeted by `hello`, which says whose data this is and takes an empty Redis into use;
-- one that lost its memory since is taken into use anew by the next renewal of a node's lease.
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

local function get(key, id)
    local raw = redis.call('HGET', key, id)
    return raw and cmsgpack.unpack(raw) or nil
end

local function put(key, id, record)
    redis.call('HSET', key, id, cmsgpack.pack(record))
end

local function node_lives(node)
    local raw = redis.call('HGET', K.nodes, node)
    return raw and not cmsgpack.unpack(raw).ended
end
