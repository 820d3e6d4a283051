-- The oldest tickets of a line.

return answer({now = now, line = line_of(ask.line, ask.limit)})
