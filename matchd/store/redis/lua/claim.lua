-- Book a free slot chosen at random in the best region class, or stand in line (wire.md 2.3).

local claim = ask.claim

-- The booking that this idempotency key already has, renewed where it waits.
local function replay()
    local id = claim.key_hash and redis.call('HGET', K.keys, key_of(claim))
    local booking = id and get('bookings', id)
    if not booking then return nil end
    if booking.body_hash ~= claim.body_hash then return {kind = 'key_taken'} end
    if booking.state == 'waiting' then
        booking.polled_at, booking.waiter = now, claim.waiter
        touch('bookings', booking)
    end
    return {kind = 'claimed', replayed = true, found = found(booking)}
end

local function choose(wanted)
    if wanted.host_id then
        local host = get('hosts', wanted.host_id)
        return host and fits(wanted, host) and takes(host) and host or nil
    end
    local tiers = {}
    for i, group in ipairs(wanted.classes) do tiers[i] = free_ranges(group, wanted.game) end
    if wanted.anywhere then tiers[#tiers + 1] = free_ranges(nil, wanted.game) end
    for _, ranges in ipairs(tiers) do
        -- A host that is not offered any more leaves the index here, so this costs each host once.
        local id = free_choose(ranges)
        while id do
            local host = get('hosts', id)
            if takes(host) then return host end
            id = free_choose(ranges)
        end
    end
end

local function new()
    return {
        id = claim.id, principal = claim.principal, owner = claim.owner,
        address_key = claim.address_key,
        -- An exempt guest is not counted, so that he can't use up what others of his address may.
        guest = claim.guest and not claim.exempt,
        grant_hash = claim.grant_hash, wanted = claim.wanted, state = 'waiting',
        created_at = now, polled_at = now, key_hash = claim.key_hash,
        body_hash = claim.body_hash, waiter = claim.waiter, claimed_at = 0, connected_at = 0,
        player_here = false, vouched = false, alone_since = 0, ended_at = 0,
    }
end

local known = replay()
if known then return answer(known) end
if claim.guest and not claim.exempt
    and counted('guest\0' .. claim.address_key) >= rules.per_address then
    return answer({kind = 'too_many'})
end
if not claim.guest and not claim.exempt then
    -- A player has at most one booking that waits or is held; guests are limited by address.
    for _, id in ipairs(get('unconnected', claim.principal) or {}) do
        finish(get('bookings', id), 'release', 'replaced')
    end
end
local host = choose(claim.wanted)
if not host and not claim.waits then
    return answer({kind = 'nobody', counts = counts(regions_of(claim.wanted))})
end
local booking = new()
add(booking)
if host then
    grant(booking, host)
    news[#news][2].booking = nil -- it is the one that was found
else
    line_add(booking)
    watch(booking)
end
return answer({kind = 'claimed', replayed = false, found = found(booking)})
