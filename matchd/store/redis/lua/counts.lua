-- The counters of wire.md 2.3.

return answer(counts(ask.regions))
