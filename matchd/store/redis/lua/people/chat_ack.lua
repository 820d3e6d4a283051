-- Move cursors forward, as far as messages go; where they stand.

local places = {}
for i, mark in ipairs(ask.marks) do
    local seat, _, chat = seat_of(mark[1], ask.account)
    if seat then
        if mark[2] > seat.cursor and mark[2] <= chat.last then
            local name = mark[1] .. '\0' .. ask.account
            local record = get(K.chat_seats, name)
            record.cursor = mark[2]
            put(K.chat_seats, name, record)
            seat.cursor = mark[2]
        end
        places[#places + 1] = {mark[1], seat.cursor}
    end
end
return answer(places)
