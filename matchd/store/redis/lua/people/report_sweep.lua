-- Remove reports that were closed long ago.

local done = 0
for _, report in ipairs(reports_at(members(K.reports_by, 'due\0', nil, ask.limit))) do
    if report.changed_at >= ask.at - ask.retention then break end
    drop_report(report)
    done = done + 1
end
return answer(done)
