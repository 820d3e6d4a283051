-- Give a booking back; over already is no error.

local booking = get('bookings', ask.booking_id)
if not booking then return answer(NIL) end
if booking.state == 'waiting' or is_live(booking) then finish(booking, 'release', ask.cause) end
return answer(true)
