-- Reports whose reporter has yet to be told; from now on he has been.

local found = {}
for i, id in ipairs(members(K.reports_by, 'untold\0', nil, ask.limit)) do
    local report = get(K.reports, id)
    found[i] = report
    local told = get(K.reports, id)
    told.told = true
    put_report(told)
end
return answer(found)
