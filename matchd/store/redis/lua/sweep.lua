-- Expire what is due, at most `limit` records; the answer says whether more is due, and which could not
-- be looked at: a record that nobody can read must not keep the others from their ends.

local function look_at_host(host)
    if is_lost(host) then
        remove_host(host, 'host_lost')
        return
    end
    if now >= host.seen_at + rules.ttl and not host.quiet then mark_quiet(host) end
    settle(host)
end

local function look_at_booking(booking)
    local due = deadline(booking)
    if not due then return end
    if due > now then
        watch(booking)
    elseif booking.state == 'waiting' then
        finish(booking, 'lapse', 'not_polled')
    elseif booking.state == 'held' then
        finish(booking, 'lapse', 'hold_expired')
    elseif booking.state == 'connected' then
        finish(booking, 'end', 'player_left')
    else
        forget(booking)
    end
end

local function look_at_candidate(key)
    local room = get('rooms', string.match(key, '^[^%z]*'))
    for at, candidate in ipairs(room and room.candidates or {}) do
        if candidate_key(room.id, candidate.address) == key then
            local due = candidate.since + rules.recognise_for
            if due > now then
                plan('c', key, due)
            else
                drop_candidate(room, at)
                drop_if_empty(room)
                tell('expired', {address = candidate.address})
            end
            return
        end
    end
end

-- One socket of a dead node, until there is none left. What else is due waits for the last of them.
local function look_at_node(id)
    local node = get('nodes', id)
    if not node then return end
    local due = node.seen_at + rules.node
    if not node.ended then
        if due > now then return plan('n', id, due) end
        node.ended = true
        touch('nodes', node)
        tell('node_gone', {node = id})
    end
    local first, last = range(id .. '\0')
    local member = redis.call('ZRANGEBYLEX', K.sockets, first, last, 'LIMIT', 0, 1)[1]
    if not member then return drop('nodes', id) end
    local connection, room_id = string.match(member, '^[^%z]*%z(%d*)%z(.*)$')
    take_out(room_id, {node = id, connection = tonumber(connection)})
    redis.call('ZREM', K.sockets, member)
    plan('n', id, math.min(due, now))
end

local function look(kind, id)
    if kind == 'c' then return look_at_candidate(id) end
    if kind == 'n' then return look_at_node(id) end
    local record = get(kind == 'h' and 'hosts' or 'bookings', id)
    if not record then return end
    if kind == 'h' then look_at_host(record) else look_at_booking(record) end
end

local unreadable = {}

local function swept(more)
    return answer({more = more, unreadable = unreadable})
end

if is_calm() then return swept(false) end
local until_now = string.format('%.17g', now)
for _ = 1, ask.limit do
    local due = redis.call('ZRANGEBYSCORE', K.agenda, '-inf', until_now, 'LIMIT', 0, 1)[1]
    if not due then return swept(false) end
    redis.call('ZREM', K.agenda, due)
    if not pcall(look, string.sub(due, 1, 1), string.sub(due, 3)) then
        unreadable[#unreadable + 1] = due
    end
end
return swept(redis.call('ZCOUNT', K.agenda, '-inf', until_now) > 0)
