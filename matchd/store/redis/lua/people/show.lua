-- Say whether friends see the presence of an account.

local account = get(K.accounts, ask.id)
if not account then return answer() end
account.visible = ask.visible
put(K.accounts, account.id, account)
return answer(account)
