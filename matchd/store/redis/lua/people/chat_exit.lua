-- Forget a socket.

local sockets = {}
for _, socket in ipairs(get(K.chat_sockets, ask.account) or {}) do
    if socket.node ~= ask.address.node or socket.connection ~= ask.address.connection then
        sockets[#sockets + 1] = socket
    end
end
if #sockets > 0 then
    put(K.chat_sockets, ask.account, sockets)
else
    redis.call('HDEL', K.chat_sockets, ask.account)
end
return answer()
