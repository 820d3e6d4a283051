-- What somebody has reported.

return answer(reports_at(members(K.reports_of, ask.reporter .. '\0')))
