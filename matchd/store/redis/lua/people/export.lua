-- All that is kept of an account.

local account = get(K.accounts, ask.id)
if not account then return answer() end
local lines = {}
for _, standing in ipairs(SHOWN) do lines_of(ask.id, standing, nil, nil, lines) end
return answer({account = account, logins = logins_of(ask.id), friends = lines})
