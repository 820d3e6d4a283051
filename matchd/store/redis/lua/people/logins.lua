-- The logins of an account.

return answer(logins_of(ask.account))
