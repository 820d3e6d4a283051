-- Words for what a script about the queue and games works on.
-- A ticket is packed with what scripts have to know of it, its record is text that only matchd reads; a
-- game is its version, a line's end, and its record.

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
