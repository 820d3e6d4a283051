-- One report.

return answer(get(K.reports, ask.id))
