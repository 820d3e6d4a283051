-- Say that this socket waits outside.

if not has_node(ask.address) then return answer({kind = 'unknown_node'}) end
local room = room_of(ask.room_id)
if room.host and same(room.host, ask.address) then return answer(seated(room, NIL)) end
for _, candidate in ipairs(room.candidates) do
    if candidate.network == ask.network then
        local mine = same(candidate.address, ask.address)
        return answer({kind = mine and 'waiting' or 'taken', replaced = NIL})
    end
end
wait_in(room, ask.network, ask.address)
return answer({kind = 'waiting', replaced = NIL})
