-- Where somebody is; changes nothing.

return answer(standing(ask.account))
