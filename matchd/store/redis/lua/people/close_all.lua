-- End all logins of an account but `keep`.

return answer(end_logins(ask.account, ask.cause, ask.keep))
