-- Shut an account out, which ends its logins, or (without `ban`) let it in again.

local account = get(K.accounts, ask.id)
if not account then return answer() end
account.ban = ask.ban
put(K.accounts, account.id, account)
if ask.ban then
    for _, login in ipairs(logins_of(account.id)) do drop_login(login) end
    revoke(account.id, nil, 'banned')
end
return answer(account)
