-- Take a host out at once, its bookings with it (wire.md 2.2).

local host = get('hosts', ask.host_id)
if not host then return answer(NIL) end
remove_host(host, 'host_left')
return answer({status = host.status})
