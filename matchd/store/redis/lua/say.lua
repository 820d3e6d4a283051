-- A status word: busy confirms, idle ends (wire.md 2.2).

local host = get('hosts', ask.host_id)
if not host or is_lost(host) then return answer(NIL) end
host.seen_at = now
touch('hosts', host)
if host.quiet then mark_alive(host) end

local spoken
if ask.status == 'busy' then
    spoken = confirm(host, ask.booking_id)
else
    local booking = named(host, ask.booking_id)
    spoken = booking ~= nil
    if booking then finish(booking, 'end', 'host_idle') end
end
if host.capacity == 1 or (not ask.booking_id and not spoken) then
    -- The word is about the whole host, so it replaces what the last beat reported; one about a
    -- booking that is over already says nothing of the host's other slots.
    host.status, host.available_slots = ask.status, nil
end
settle(host)
return answer({status = host.status})
