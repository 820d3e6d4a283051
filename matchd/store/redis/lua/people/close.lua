-- End one login.

local login = get(K.logins, ask.id)
if login then end_login(login, ask.cause) end
return answer(login)
