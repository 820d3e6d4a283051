-- Take a lease under a new id (one that has ended takes none), unless living nodes were configured with
-- other secrets.

for _, node in ipairs(standing_nodes()) do
    if node.family ~= ask.family and now < node.seen_at + rules.node then
        return answer({kind = 'stranger'})
    end
end
local node = get('nodes', ask.node)
if node and node.ended then return answer(leased(false)) end
if not node then
    node = {id = ask.node, family = ask.family}
    create('nodes', node)
end
heard_of(node)
if ask.again then
    if (pulse('recovering') or now) >= now then
        redis.call('HSET', K.pulse, 'recovering', string.format('%.17g', now))
    end
elseif #ids_of('nodes', nil, 2) == 1 then
    redis.call('HDEL', K.pulse, 'recovering') -- the first of all is new: there was nothing before
end
return answer(leased(true))
