-- Note a socket; the oldest ones of the account lose their place to it. Those of dead nodes are forgotten.

local living = living_nodes()
local is_living = {}
for _, node in ipairs(living) do is_living[node] = true end
if not is_living[ask.address.node] then return answer() end
local sockets, replaced, known = {}, {}, false
for _, socket in ipairs(get(K.chat_sockets, ask.account) or {}) do
    if is_living[socket.node] then sockets[#sockets + 1] = socket end
    if socket.node == ask.address.node and socket.connection == ask.address.connection then known = true end
end
if not known then sockets[#sockets + 1] = ask.address end
while #sockets > ask.most do replaced[#replaced + 1] = table.remove(sockets, 1) end
put(K.chat_sockets, ask.account, sockets)
local seats = {}
for i, room in ipairs(members(K.chats_of, ask.account .. '\0')) do seats[i] = seat_of(room, ask.account) end
return answer({seats = seats, replaced = replaced, nodes = living})
