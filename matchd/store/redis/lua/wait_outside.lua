-- Keep a socket without credentials until a beat from its network names the room (wire.md 2.5).

local room = room_of(ask.room_id)
local replaced = NIL
for at, candidate in ipairs(room.candidates) do
    if candidate.network == ask.network then
        replaced = drop_candidate(room, at).address
        break
    end
end
room.candidates[#room.candidates + 1] = {address = ask.address, network = ask.network, since = now}
touch('rooms', room)
plan('c', candidate_key(room.id, ask.address), now + rules.recognise_for)
return answer({replaced = replaced})
