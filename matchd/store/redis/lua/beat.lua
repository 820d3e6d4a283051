-- Register or refresh a host, confirm by `busy`, and give freed slots to the line (wire.md 2.1).

local function report(host)
    host.room_id, host.region, host.game = ask.room_id, ask.region, ask.game
    host.status = ask.status or host.status
    host.capacity, host.available_slots, host.slots_at = ask.capacity, ask.available_slots, now
    host.game_info, host.public_ip, host.seen_at = ask.game_info, ask.public_ip, now
    touch('hosts', host)
end

local function move_in(host)
    redis.call('HSET', K.room_hosts, host.room_id, host.id)
    local room = get('rooms', host.room_id)
    host.left_room_at = nil
    host.in_room = room ~= nil and room.host ~= nil
end

local function register()
    local host = {
        id = ask.host_id, first_seen = now, status = 'idle', in_room = false, bookings = {},
    }
    local recovering = rules.recovery > 0 and pulse('recovering')
    local recovered = recovering and recovering + rules.recovery
    if recovered and now < recovered then host.withheld_until = recovered end
    report(host)
    create('hosts', host)
    mark_alive(host)
    move_in(host)
    local seen = copy(host)
    seen.bookings = {}
    tell('appeared', {host = seen})
    return host
end

local function refresh(host)
    local moved = host.room_id ~= ask.room_id
    local recount = host.quiet or host.region ~= ask.region
    if recount then uncount(host) end
    if moved then redis.call('HDEL', K.room_hosts, host.room_id) end
    report(host)
    if recount then mark_alive(host) end
    if moved then
        -- What it says is about bookings of its old room; it can't know those it gets here.
        move_in(host)
        for _, booking in ipairs(live(host)) do finish(booking, 'end', 'room_changed') end
    elseif ask.status == 'busy' then
        confirm(host, ask.booking_id)
    elseif ask.status == 'idle' then
        withdraw(host, ask.booking_id)
    end
end

-- What the sweeper would do: this host, or its room's holder, may be lost by now.
local function clear_away(host)
    if host and is_lost(host) then remove_host(host, 'host_lost') end
end

local holder = host_of_room(ask.room_id)
if holder and holder.id ~= ask.host_id and not is_lost(holder) then
    return answer({kind = 'conflict'})
end
clear_away(get('hosts', ask.host_id))
clear_away(host_of_room(ask.room_id))
local host = get('hosts', ask.host_id)
if host then refresh(host) else host = register() end
recognise(host, ask.address)
settle(host)
return answer({kind = 'beaten', view = view(host)})
