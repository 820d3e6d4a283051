-- Write a batch of events; the same batch again is answered as before. `ask.drafts`: for each event its text
-- and the places of its logs among `ask.logs`.

local former = get(K.event_batches, ask.node)
if former and former.number == ask.number then return answer(former.written) end

local followers = {} -- of each log: the nodes with sockets that follow it, false when nobody could ask
for at, name in ipairs(ask.logs) do
    local nodes, seen, person = {}, {}, get(K.event_people, name)
    for _, seat in ipairs(person and person.seats or {}) do
        if not seen[seat[1]] then nodes[#nodes + 1] = seat[1] end
        seen[seat[1]] = true
    end
    followers[at] = person and nodes or false
end

local function drop(key, known)
    local raw = redis.call('LPOP', key)
    local entry = cmsgpack.unpack(raw)
    known.dropped = entry.id
    known.bytes = known.bytes - #entry.text
    known.count = known.count - 1
end

-- Add an entry to a log; the id of the one before it.
local function add(key, id, text)
    local raw = redis.call('RPOP', key)
    local known = raw and cmsgpack.unpack(raw) or {last = 0, dropped = 0, bytes = 0, count = 0}
    local before = known.last
    redis.call('RPUSH', key, cmsgpack.pack({id = id, text = text}))
    known.last, known.bytes, known.count = id, known.bytes + #text, known.count + 1
    while known.count > ask.count or known.bytes > ask.bytes do drop(key, known) end
    while known.count > 0 and cmsgpack.unpack(redis.call('LINDEX', key, 0)).id < OLDEST do
        drop(key, known)
    end
    redis.call('RPUSH', key, cmsgpack.pack(known))
    redis.call('PEXPIRE', key, ask.keep * 2000)
    return before
end

local written = {}
for i, draft in ipairs(ask.drafts) do
    local id, nodes, order = next_id(), {}, {}
    for _, at in ipairs(draft.logs) do
        local before = followers[at] and add(log_key(at), id, draft.text)
        for _, node in ipairs(followers[at] or {}) do
            if not nodes[node] then
                nodes[node] = {}
                order[#order + 1] = node
            end
            nodes[node][#nodes[node] + 1] = {ask.logs[at], before}
        end
    end
    local told = {}
    for place, node in ipairs(order) do told[place] = {node, nodes[node]} end
    written[i] = {id, told}
end
put(K.event_batches, ask.node, {number = ask.number, written = written})
return answer(written)
