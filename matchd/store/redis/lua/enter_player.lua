-- Take the place of the booking this grant belongs to (wire.md 2.5).

if not has_node(ask.address) then return answer({kind = 'unknown_node'}) end
local booking = get('bookings', redis.call('HGET', K.grants, ask.grant_hash) or nil)
if not booking then return answer(NIL) end
if not is_live(booking) then return answer({kind = 'closed'}) end
if booking.room_id ~= ask.room_id then return answer({kind = 'not_yours'}) end
return answer(enter_place(room_of(ask.room_id), booking, ask.peer, ask.address))
