-- Leave a room, as its host, a player or a candidate.

return answer(or_nil(take_out(ask.room_id, ask.address)))
