-- One login.

return answer(get(K.logins, ask.id))
