-- See to a report that is not closed yet.

local report = get(K.reports, ask.id)
if not report or report.state == 'closed' or ask.state == 'open' then return answer() end
report.state, report.outcome, report.changed_at = ask.state, ask.outcome, ask.at
put_report(report)
return answer(report)
