-- Say who of one node is in a group; with `restore` places that were lost are taken again.

for _, mine in ipairs(ask.members) do
    if not node_lives(mine.address.node) then return answer({kind = 'unknown_node'}) end
end
local group = get(ask.id) or {
    id = ask.id, key = ask.key, next = ask.next, topology = ask.topology, closed = ask.closed,
    seq = ask.seq, members = {},
}
local taken, changed = {}, false
for _, mine in ipairs(ask.members) do
    local at, there = place_of(group, mine.peer)
    local _, other = of_account(group, mine.account)
    if at and not same(there.address, mine.address) or other and other.peer ~= mine.peer then
        taken[#taken + 1] = mine.peer
    elseif not at and ask.restore then
        group.members[#group.members + 1] = mine
        sit(group, mine)
        changed = true
    end
end
if changed then
    group.seq = math.max(group.seq, ask.seq)
    table.sort(group.members, function(one, other) return one.seq < other.seq end)
    local open = redis.call('HGET', K.groups_open, group.key)
    group.closed = group.closed or (open ~= false and open ~= group.id)
    put(group)
end
return answer({kind = 'affirmed', group = group, taken = taken})
