-- Somebody was here.

local account = get(K.accounts, ask.id)
if not account then return answer() end
account.seen_at = math.max(account.seen_at, ask.at)
account.v2_only = account.v2_only or ask.v2
put(K.accounts, account.id, account)
return answer(account)
