-- Look at a booking; a place in the line is renewed and `waiter` told of its slot.

local booking = get('bookings', ask.booking_id)
if not booking then return answer(NIL) end
if booking.state == 'waiting' then
    booking.polled_at, booking.waiter = now, ask.waiter
    touch('bookings', booking)
end
return answer(found(booking))
