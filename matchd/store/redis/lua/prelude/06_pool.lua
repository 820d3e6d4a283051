-- The steps that every operation builds on: those of embedded/pool.py, under the same names.
-- A host is in the free index exactly when it can take a player, as far as the last step knew; nobody
-- waits whom a free host would fit; `unconnected` holds the bookings of each principal that wait or are
-- held.

local function watch(booking)
    local due = deadline(booking)
    if due then plan('b', booking.id, due) end
end

local function room_of(id)
    local room = get('rooms', id)
    if not room then
        room = {id = id, places = {}, candidates = {}}
        create('rooms', room)
    end
    return room
end

local function drop_if_empty(room)
    if not room.host and #room.places == 0 and #room.candidates == 0 then drop('rooms', room.id) end
end

local function host_of_room(room_id)
    return get('hosts', redis.call('HGET', K.room_hosts, room_id) or nil)
end

local function place_at(room, matches)
    for i, place in ipairs(room.places) do
        if matches(place) then return i, place end
    end
end

local function place_of_booking(room, id)
    return place_at(room, function(place) return place.booking_id == id end)
end

-- Bookings.

local function count_unconnected(booking)
    local mine = get('unconnected', booking.principal) or {}
    mine[#mine + 1] = booking.id
    cache.unconnected[booking.principal] = mine
    dirty.unconnected[booking.principal] = true
    if booking.guest then count('guest\0' .. booking.address_key, 1) end
end

local function uncount_unconnected(booking)
    local others = {}
    for _, id in ipairs(get('unconnected', booking.principal) or {}) do
        if id ~= booking.id then others[#others + 1] = id end
    end
    cache.unconnected[booking.principal] = #others > 0 and others
    dirty.unconnected[booking.principal] = true
    if booking.guest then count('guest\0' .. booking.address_key, -1) end
end

-- The field under which an idempotency key is kept.
local function key_of(booking)
    return booking.principal .. '\0' .. booking.key_hash
end

local function step(booking, name, cause)
    local after = NEXT[booking.state] and NEXT[booking.state][name]
    if not after then error('a booking that is ' .. booking.state .. ' cannot ' .. name) end
    count('state\0' .. booking.state, -1)
    count('state\0' .. after, 1)
    booking.state = after
    touch('bookings', booking)
    if after == 'held' then
        booking.claimed_at = now
    elseif after == 'connected' then
        booking.connected_at, booking.alone_since = now, now
    else
        booking.ended_at, booking.cause, booking.player_here = now, cause, false
    end
end

-- Take a new booking in; it waits until `grant`.
local function add(booking)
    booking.seq = redis.call('HINCRBY', K.counts, 'seq', 1)
    create('bookings', booking)
    redis.call('HSET', K.grants, booking.grant_hash, booking.id)
    count('state\0' .. booking.state, 1)
    if booking.key_hash then redis.call('HSET', K.keys, key_of(booking), booking.id) end
    count_unconnected(booking)
end

local function forget(booking)
    drop('bookings', booking.id)
    redis.call('HDEL', K.grants, booking.grant_hash)
    count('state\0' .. booking.state, -1)
end

-- Hosts.

local function takes(host)
    if offerable(host) and free_slots(host) > 0 then
        free_put(host)
        return true
    end
    free_drop(host)
    return false
end

local function grant(booking, host)
    step(booking, 'grant')
    booking.host_id, booking.room_id, booking.region = host.id, host.room_id, host.region
    host.bookings[#host.bookings + 1] = booking.id
    touch('hosts', host)
    takes(host)
    watch(booking)
    tell('booked', {booking = copy(booking), waiter = or_nil(booking.waiter)})
end

-- After anything that may have freed a slot: serve the line, then index what is left.
local function settle(host)
    while takes(host) do
        local waiter = oldest_fitting(host)
        if not waiter then break end
        line_served(waiter)
        grant(waiter, host)
    end
    plan('h', host.id, next_look(host))
end

local function count_alive(region, by)
    count('alive', by)
    count('alive\0' .. region, by)
end

local function mark_alive(host)
    host.quiet = nil
    touch('hosts', host)
    count_alive(host.region, 1)
end

local function uncount(host)
    if not host.quiet then count_alive(host.region, -1) end
end

local function mark_quiet(host)
    count_alive(host.region, -1)
    host.quiet = true
    touch('hosts', host)
    free_drop(host)
    tell('quiet', {host_id = host.id, reason = 'no heartbeat'})
end

local function connect(booking)
    step(booking, 'connect')
    uncount_unconnected(booking)
    watch(booking)
    tell('connected', {booking_id = booking.id, host_id = booking.host_id})
end

-- Empty a booking's place in the room, and tell whom to tell.
local function tell_over(booking)
    local room = get('rooms', booking.room_id)
    local said = {
        booking_id = booking.id, state = booking.state, cause = booking.cause,
        host_id = or_nil(booking.host_id), waiter = booking.waiter,
    }
    if room then
        local at, place = place_of_booking(room, booking.id)
        if at then
            table.remove(room.places, at)
            rise(place.address, room)
            touch('rooms', room)
            said.player, said.peer = place.address, place.peer
        end
        said.host = room.host
        if at then drop_if_empty(room) end
    end
    tell('over', said)
end

-- End a booking and give its slot to the line.
local function finish(booking, name, cause)
    if booking.state == 'waiting' then line_remove(booking) end
    if booking.state ~= 'connected' then uncount_unconnected(booking) end
    step(booking, name, cause)
    if booking.key_hash then redis.call('HDEL', K.keys, key_of(booking)) end
    watch(booking)
    tell_over(booking)
    local host = get('hosts', booking.host_id)
    if not host then return end
    for i, id in ipairs(host.bookings) do
        if id == booking.id then
            table.remove(host.bookings, i)
            break
        end
    end
    touch('hosts', host)
    settle(host)
end

-- The bookings of a host as they stand now; a list of its own, since ending one changes the host's.
local function live(host)
    local bookings = {}
    for i, id in ipairs(host.bookings) do bookings[i] = get('bookings', id) end
    return bookings
end

local function remove_host(host, cause)
    uncount(host)
    free_drop(host)
    drop('hosts', host.id)
    if redis.call('HGET', K.room_hosts, host.room_id) == host.id then
        redis.call('HDEL', K.room_hosts, host.room_id)
    end
    for _, booking in ipairs(live(host)) do finish(booking, 'end', cause) end
    tell('gone', {host_id = host.id, cause = cause})
end

-- Answers.

local function found(booking)
    return {
        booking = booking,
        line = booking.state == 'waiting' and place_of(booking) or NIL,
        expires_at = is_live(booking) and or_nil(deadline(booking)) or NIL,
    }
end

local function view(host)
    return {host = host, bookings = live(host)}
end

local function counts(regions)
    local alive, near = counted('alive'), 0
    for _, region in ipairs(regions) do near = near + counted('alive\0' .. region) end
    return {
        alive = alive,
        free = redis.call('ZCARD', K.free) / 2,
        in_region = #regions > 0 and near or alive,
        held = counted('state\0held'),
        connected = counted('state\0connected'),
        waiting = counted('state\0waiting'),
    }
end
