-- The steps of domain/groups.py.

local function met_by(group, me)
    local met = {}
    local all = group.topology ~= 'client-server' or me.seq == FIRST
    for _, member in ipairs(group.members) do
        if member.peer ~= me.peer and (all or member.seq == FIRST) then met[#met + 1] = member end
    end
    return met
end

-- Take a peer out; without its server a group has nobody.
local function remove(group, at, reason)
    local gone = group.members[at]
    local met = met_by(group, gone)
    local dissolved = group.topology == 'client-server' and gone.seq == FIRST
    table.remove(group.members, at)
    unnote(group, gone)
    if dissolved then
        for _, member in ipairs(group.members) do unnote(group, member) end
        group.members = {}
    end
    local observers = {}
    for i, member in ipairs(met) do observers[i] = member.address end
    return {
        group = group.id, peer = gone.peer, address = gone.address, reason = reason,
        observers = observers, dissolved = dissolved,
    }
end

local function linger(group, member)
    unnote(group, member)
    member.lingers_until = now + ask.linger
    redis.call('ZADD', K.groups_due, string.format('%.17g', now + ask.linger),
        due_member(group.id, member.peer))
end

local function is_complete(group)
    if group.closed or group.next == 0 then return false end
    local connected = 0
    for _, member in ipairs(group.members) do
        if not member.lingers_until then
            connected = connected + 1
        elseif group.topology == 'client-server' and member.seq == FIRST then
            return false
        end
    end
    return connected >= group.next
end

-- Close the group once enough are connected; who lingers then has come too late.
local function complete(group, departures)
    if not is_complete(group) then return end
    group.closed = true
    for _, member in ipairs({unpack(group.members)}) do
        if member.lingers_until then
            departures[#departures + 1] = remove(group, place_of(group, member.peer), 'lost')
        end
    end
end

local function of_account(group, account)
    for at, member in ipairs(group.members) do
        if account and member.account == account then return at, member end
    end
end

local function joined(group, member, departures, former)
    return {
        kind = 'joined', group = group.id, member = member, met = met_by(group, member),
        closed = group.closed, departures = departures, former = former or NIL, latest = group.seq,
    }
end
