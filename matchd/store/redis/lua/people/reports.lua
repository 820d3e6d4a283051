-- Reports, oldest first: of one state, or all (`*`), behind the given one.

local after = ask.after and report_place(ask.after) or nil
return answer(reports_at(members(K.reports_by, ask.state .. '\0', after, ask.limit)))
