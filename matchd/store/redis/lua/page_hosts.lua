-- Hosts in order of their ids.

local views = {}
for i, id in ipairs(ids_of('hosts', ask.after, ask.limit)) do views[i] = view(get('hosts', id)) end
return answer(views)
