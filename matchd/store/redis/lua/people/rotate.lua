-- Put a token's successor in its place; the same rotation again is repeated, any other token of the
-- family ends it (domain/logins.py).

local login = get(K.logins, ask.id)
if not login or login.expires_at <= ask.at then return answer() end
if ask.presented ~= login.current then
    local again = ask.presented == login.previous and ask.successor == login.current
    if again and ask.at - login.rotated_at <= ask.overlap then
        return answer({kind = 'repeated', login = login})
    end
    end_login(login, 'reused')
    return answer({kind = 'reused', login = login})
end
login.previous, login.current = login.current, ask.successor
login.rotated_at, login.expires_at = ask.at, ask.expires_at
keep_login(login)
return answer({kind = 'rotated', login = login})
