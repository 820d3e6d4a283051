-- Who shares the store, and which Redis it is: looked at from outside, without joining.

local product, version = 'Redis', nil
local server = redis.pcall('INFO', 'server')
if type(server) == 'string' then
    local valkey = string.match(server, 'valkey_version:([%d.]+)')
    product = valkey and 'Valkey' or product
    version = valkey or string.match(server, 'redis_version:([%d.]+)')
end
local nodes = {}
for _, node in ipairs(standing_nodes()) do
    if now < node.seen_at + rules.node then
        nodes[#nodes + 1] = {id = node.id, family = node.family}
    end
end
return answer({product = product, version = version or '', nodes = nodes})
