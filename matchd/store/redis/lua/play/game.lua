-- One game.

local _, record = game_of(ask.id)
return answer({record = record, now = now})
