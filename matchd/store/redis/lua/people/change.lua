-- What one does to another: the machine's table says what becomes of their tie.

local me, other = ask.me, ask.other
local mine, theirs = side(me, other), side(other, me)
local known = redis.call('HEXISTS', K.accounts, me) == 1
local reachable = mine.since or ask.may_come or redis.call('HEXISTS', K.accounts, other) == 1
if not known or not reachable then return answer({kind = 'unknown'}) end
local after = ask.table[mine.edge .. '|' .. theirs.edge]
if not after then return answer({kind = 'blocking'}) end
local out = {
    kind = 'changed', mine = {mine.standing, after.mine.standing},
    theirs = {theirs.standing, after.theirs.standing},
}
if mine.edge == after.mine.edge and theirs.edge == after.theirs.edge then return answer(out) end
if holds(after.mine) > holds(mine) and tally(me, 'held') >= ask.most then
    return answer({kind = 'full', theirs = false})
end
if waits(after.theirs) > waits(theirs) and tally(other, 'waiting') >= ask.most then
    return answer({kind = 'full', theirs = true})
end
write_side(me, other, mine, after.mine, after.empty)
write_side(other, me, theirs, after.theirs, after.empty)
return answer(out)
