-- Add a login, unless the account is gone, shut out, or has another password than was verified.

local account = get(K.accounts, ask.login.account)
if not account then return answer({kind = 'unknown'}) end
local ban = account.ban
if ban and (not ban['until'] or ask.at < ban['until']) then
    return answer({kind = 'banned', ban = ban})
end
if account.password_hash ~= ask.verified then return answer({kind = 'outdated'}) end
local idle = logins_by('rotated_at', account.id)
local ended = {}
for i = 1, #idle + 1 - ask.most do
    end_login(idle[i], 'replaced')
    ended[i] = idle[i].id
end
keep_login(ask.login)
account.seen_at = math.max(account.seen_at, ask.at)
put(K.accounts, account.id, account)
return answer({kind = 'opened', ended = ended})
