-- Reports (domain/reports.py): a record each; in order of their time all, by their states and by who made
-- them; those whose reporter has yet to be told, and the closed ones by when that was. And what else goes
-- with an account.

local function report_place(report)
    return string.format('%020d', math.floor(report.created_at * 1000000)) .. '\0' .. report.id
end

local function due_name(report)
    return 'due\0' .. string.format('%020d', math.floor(report.changed_at * 1000000)) .. '\0' .. report.id
end

local function put_report(report)
    local former = get(K.reports, report.id)
    local place = report_place(report)
    if former then redis.call('ZREM', K.reports_by, former.state .. '\0' .. place) end
    if former and former.reporter and not report.reporter then
        redis.call('ZREM', K.reports_of, former.reporter .. '\0' .. place)
    end
    put(K.reports, report.id, report)
    redis.call('ZADD', K.reports_by, 0, '*\0' .. place)
    redis.call('ZADD', K.reports_by, 0, report.state .. '\0' .. place)
    if report.reporter then redis.call('ZADD', K.reports_of, 0, report.reporter .. '\0' .. place) end
    if report.state == 'closed' then redis.call('ZADD', K.reports_by, 0, due_name(report)) end
    local name = 'untold\0' .. report.id
    if report.state == 'closed' and report.reporter and not report.told then
        redis.call('ZADD', K.reports_by, 0, name)
    else
        redis.call('ZREM', K.reports_by, name)
    end
end

local function drop_report(report)
    local place = report_place(report)
    for _, name in ipairs({'*\0' .. place, report.state .. '\0' .. place, 'untold\0' .. report.id}) do
        redis.call('ZREM', K.reports_by, name)
    end
    redis.call('ZREM', K.reports_by, due_name(report))
    if report.reporter then redis.call('ZREM', K.reports_of, report.reporter .. '\0' .. place) end
    redis.call('HDEL', K.reports, report.id)
end

-- The reports at these places.
local function reports_at(places)
    local found = {}
    for i, place in ipairs(places) do found[i] = get(K.reports, string.match(place, '%z(.*)$')) end
    return found
end

-- Take out up to `limit` of all that hangs on an account that was deleted; how many.
local function erase_all(id, limit)
    local done = erase_chat(id, limit)
    if done >= limit then return done end
    for _, report in ipairs(reports_at(members(K.reports_of, id .. '\0', nil, limit - done))) do
        report.reporter, report.name = nil, ''
        put_report(report)
        done = done + 1
    end
    if done >= limit then return done end
    return done + erase(id, limit - done)
end
