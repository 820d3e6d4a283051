-- Take a place in the open group of a key; an older place of the same account is lost.

local function group_of()
    local open = redis.call('HGET', K.groups_open, ask.key)
    return open and get(open) or {
        id = ask.fresh, key = ask.key, next = ask.next, topology = ask.topology, closed = false,
        seq = 0, members = {},
    }
end

if not node_lives(ask.member.address.node) then return answer({kind = 'unknown_node'}) end
local departures = {}
local group = group_of()
local older = of_account(group, ask.member.account)
if older then
    departures[1] = remove(group, older, 'replaced')
    put(group)
    group = group_of()
elseif group.next == 0 and #group.members >= ask.limit then
    return answer({kind = 'full'})
end
local member = ask.member
group.seq = group.seq + 1
member.seq = group.seq
group.members[#group.members + 1] = member
sit(group, member)
complete(group, departures)
put(group)
return answer(joined(group, member, departures))
