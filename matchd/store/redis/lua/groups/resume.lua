-- Come back to one's place from another socket.

if not node_lives(ask.address.node) then return answer({kind = 'unknown_node'}) end
local group = get(ask.group)
if not group then return answer(NIL) end
local at, member = place_of(group, ask.peer)
if not at then return answer(NIL) end
local former, departures = member.address, {}
unnote(group, member)
member.address, member.turn, member.lingers_until = ask.address, member.turn + 1, nil
sit(group, member)
complete(group, departures)
put(group)
return answer(joined(group, member, departures, former))
