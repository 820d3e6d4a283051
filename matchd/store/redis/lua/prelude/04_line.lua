-- The line of waiting finds: one sorted set of score 0 whose members are list, number, booking. Within
-- a list the order is that of the numbers, so heads and positions are O(log n). The lists are those
-- of embedded/line.py: per region (or anywhere) once under the game and once under all games; a waiter
-- for one host stands in that host's list only.

local ANYWHERE = 'r\0\0*\0'
local PACE_WINDOW = 600 -- seconds after which a pace is too old to promise anything by
local MAX_PACES = 4096 -- lists whose pace is remembered

local function numbered(list, seq)
    return list .. string.format('%016d', seq)
end

local function lists_of(booking)
    local wanted = booking.wanted
    if wanted.host_id then return {'h\0' .. wanted.host_id .. '\0*\0'} end
    local lists = {}
    for _, region in ipairs(wanted.anywhere and {''} or regions_of(wanted)) do
        lists[#lists + 1] = 'r\0' .. region .. '\0=' .. (wanted.game or '') .. '\0'
        lists[#lists + 1] = 'r\0' .. region .. '\0*\0'
    end
    return lists
end

local function primary_of(booking)
    local wanted = booking.wanted
    if wanted.host_id then return 'h\0' .. wanted.host_id .. '\0*\0' end
    if wanted.anywhere then return ANYWHERE end
    return 'r\0' .. wanted.classes[1][1] .. '\0*\0'
end

local function line_add(booking)
    for _, list in ipairs(lists_of(booking)) do
        redis.call('ZADD', K.line, 0, numbered(list, booking.seq) .. '\0' .. booking.id)
    end
end

local function line_remove(booking)
    for _, list in ipairs(lists_of(booking)) do
        redis.call('ZREM', K.line, numbered(list, booking.seq) .. '\0' .. booking.id)
    end
end

-- The waiter that stands in a member of the set.
local function waiter_in(member)
    return get('bookings', string.match(member, '([^%z]*)$'))
end

-- The first in a host's own list whom the host fits.
local function first_for_host(host)
    local first, last = range('h\0' .. host.id .. '\0*\0')
    while true do
        local members = redis.call('ZRANGEBYLEX', K.line, first, last, 'LIMIT', 0, 32)
        if #members == 0 then return nil end
        for _, member in ipairs(members) do
            local booking = waiter_in(member)
            if fits(booking.wanted, host) then return booking end
            first = '(' .. member
        end
    end
end

-- The first who would take a slot of this host.
local function oldest_fitting(host)
    if redis.call('ZCARD', K.line) == 0 then return nil end
    local oldest = first_for_host(host)
    local games = host.game and {'=' .. host.game, '='} or {'*'}
    for _, region in ipairs({host.region, ''}) do
        for _, game in ipairs(games) do
            local first, last = range('r\0' .. region .. '\0' .. game .. '\0')
            local head = redis.call('ZRANGEBYLEX', K.line, first, last, 'LIMIT', 0, 1)[1]
            local booking = head and waiter_in(head)
            if booking and (not oldest or booking.seq < oldest.seq) then oldest = booking end
        end
    end
    return oldest
end

-- Take one who got a slot out of the line, and note the pace of its list.
local function line_served(booking)
    line_remove(booking)
    local list = primary_of(booking)
    local last = tonumber(redis.call('ZSCORE', K.paced, list) or nil)
    local mean = tonumber(redis.call('HGET', K.paces, list) or nil)
    if last and now - last > PACE_WINDOW then
        redis.call('HDEL', K.paces, list)
    elseif last then
        local gap = now - last
        mean = mean and 0.8 * mean + 0.2 * gap or gap
        redis.call('HSET', K.paces, list, string.format('%.17g', mean))
    end
    redis.call('ZADD', K.paced, string.format('%.17g', now), list)
    if redis.call('ZCARD', K.paced) > MAX_PACES then
        -- Hosts come and go under ever new ids; the list that moved longest ago goes.
        redis.call('HDEL', K.paces, redis.call('ZPOPMIN', K.paced)[1])
    end
end

-- Position (from 1) among those who compete for the same hosts, and the wait expected.
local function place_of(booking)
    local list = primary_of(booking)
    local ahead = redis.call('ZLEXCOUNT', K.line, '[' .. list, '(' .. numbered(list, booking.seq))
    if list ~= ANYWHERE and string.sub(list, 1, 1) == 'r' then
        ahead = ahead + redis.call(
            'ZLEXCOUNT', K.line, '[' .. ANYWHERE, '(' .. numbered(ANYWHERE, booking.seq))
    end
    local last = tonumber(redis.call('ZSCORE', K.paced, list) or nil)
    local mean = tonumber(redis.call('HGET', K.paces, list) or nil)
    local eta = NIL
    if mean and last and now - last <= PACE_WINDOW then eta = math.ceil((ahead + 1) * mean) end
    return {position = ahead + 1, eta = eta}
end
