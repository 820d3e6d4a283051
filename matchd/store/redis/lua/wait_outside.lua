-- Keep a socket without credentials until a beat from its network names the room (wire.md 2.5).

if not has_node(ask.address) then return answer({kind = 'unknown_node'}) end
local room = room_of(ask.room_id)
local replaced = NIL
for at, candidate in ipairs(room.candidates) do
    if candidate.network == ask.network then
        replaced = drop_candidate(room, at).address
        break
    end
end
wait_in(room, ask.network, ask.address)
return answer({kind = 'waiting', replaced = replaced})
