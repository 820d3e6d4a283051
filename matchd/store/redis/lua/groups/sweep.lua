-- End the places of those who did not come back, and of dead nodes; at most `limit` of each, and the
-- answer says whether there are more.

local function pulse(name)
    return tonumber(redis.call('HGET', K.pulse, name) or nil)
end

-- As in prelude/02_rules.lua.
local function is_calm()
    local last, calm = pulse('last'), pulse('calm')
    if calm and now < calm then return true end
    if not last or now - last <= ask.outage then return false end
    return not calm or now >= calm + ask.node
end

local function first_socket(after)
    local from = after and '(' .. after .. '\1' or '-'
    return redis.call('ZRANGEBYLEX', K.groups_sockets, from, '+', 'LIMIT', 0, 1)[1]
end

-- One socket of a dead node, nil when there is none.
local function orphan()
    local member = first_socket()
    while member do
        local node = string.match(member, '^[^%z]*')
        if not node_lives(node) then return member end
        member = first_socket(node)
    end
end

local function look_at_orphan(member)
    local id, peer = string.match(member, '^[^%z]*%z%d*%z([^%z]*)%z(.*)$')
    redis.call('ZREM', K.groups_sockets, member)
    local group = get(id)
    local at, mine
    if group then at, mine = place_of(group, peer) end
    if not at or socket_member(id, mine) ~= member then return end
    local departure
    if mine.native then linger(group, mine) else departure = remove(group, at, 'lost') end
    put(group)
    return departure
end

local function look_at_due(member)
    local id, peer = string.match(member, '^([^%z]*)%z(.*)$')
    redis.call('ZREM', K.groups_due, member)
    local group = get(id)
    local at = group and place_of(group, peer)
    if not at then return end
    local departure = remove(group, at, 'lost')
    put(group)
    return departure
end

local departures = {}
if is_calm() then return answer({departures = departures, more = false}) end
local left = ask.limit
local member = orphan()
while member and left > 0 do
    departures[#departures + 1] = look_at_orphan(member)
    left = left - 1
    member = orphan()
end
local until_now = string.format('%.17g', now)
for _, due in ipairs(redis.call('ZRANGEBYSCORE', K.groups_due, '-inf', until_now, 'LIMIT', 0, ask.limit)) do
    departures[#departures + 1] = look_at_due(due)
end
local more = member ~= nil or redis.call('ZCOUNT', K.groups_due, '-inf', until_now) > 0
return answer({departures = departures, more = more})
