-- Let a socket in, or hear that it is there; what came after `ask.after` in its account's log.

if redis.call('HEXISTS', K.nodes, ask.node) == 0 then return answer() end
local person = get(K.event_people, ask.account)
local gap = ask.after and not person or false
if not person then redis.call('DEL', log_key(1)) end -- it has gaps: nobody was written for
local entries = {}
if ask.after then
    local floor, last, after = total('floor'), total('last'), ask.after
    local raw = redis.call('LRANGE', log_key(1), 0, -1)
    local known = #raw > 0 and cmsgpack.unpack(raw[#raw]) or {dropped = 0}
    gap = gap or floor == 0 or after > last or after < math.max(floor, OLDEST, known.dropped)
    for i = 1, #raw - 1 do
        local entry = cmsgpack.unpack(raw[i])
        if entry.id > after and entry.id >= OLDEST then
            entries[#entries + 1] = {entry.id, entry.text}
        end
    end
end

local position = next_id()
local turn = ask.turn or position
person = person or {seats = {}, is_away = true}
local appeared, known = person.is_away, false
for _, seat in ipairs(person.seats) do
    known = known or (seat[1] == ask.node and seat[2] == ask.connection)
end
local replaced = {}
if not known then
    local place = 1
    while person.seats[place] and person.seats[place][3] <= turn do place = place + 1 end
    table.insert(person.seats, place, {ask.node, ask.connection, turn})
    add_socket({ask.node, ask.connection}, ask.account)
    while #person.seats > ask.sockets do
        local former = table.remove(person.seats, 1)
        remove_socket(former, ask.account)
        replaced[#replaced + 1] = {former[1], former[2]}
    end
end
if appeared or not known then
    person.is_away = false
    redis.call('ZREM', K.event_due, ask.account)
    put(K.event_people, ask.account, person)
end
return answer({
    turn = turn, position = position, entries = entries, gap = gap, replaced = replaced,
    appeared = appeared,
})
