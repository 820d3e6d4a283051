-- Drop lines that are beyond the bounds.

return answer(prune(ask.book))
