-- One host.

local host = get('hosts', ask.host_id)
return answer(host and view(host) or NIL)
