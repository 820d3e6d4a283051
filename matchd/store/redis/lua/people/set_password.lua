-- Replace a password's hash if it is still the old one; `ends`: all logins but `keep` end.

local account = get(K.accounts, ask.id)
if not account or account.kind ~= 'password' then return answer(false) end
if ask.old and account.password_hash ~= ask.old then return answer(false) end
account.password_hash = ask.new
put(K.accounts, account.id, account)
if ask.ends then end_logins(account.id, 'password', ask.keep) end
return answer(true)
