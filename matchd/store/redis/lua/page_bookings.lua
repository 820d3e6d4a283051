-- Bookings in order of their ids.

local page = {}
for i, id in ipairs(ids_of('bookings', ask.after, ask.limit)) do
    page[i] = found(get('bookings', id))
end
return answer(page)
