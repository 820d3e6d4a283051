-- Records and lists, for every script about people. `ask.at`, the caller's time, is what is kept; Redis'
-- own decides what is due.

-- Up to `limit` members of a sorted set that begin with `prefix`, which ends with \0, behind `after`;
-- without the prefix.
local function members(key, prefix, after, limit)
    local first = after and '(' .. prefix .. after or '[' .. prefix
    local last = '(' .. string.sub(prefix, 1, -2) .. '\1'
    local found = redis.call('ZRANGEBYLEX', key, first, last, 'LIMIT', 0, limit or -1)
    for i, member in ipairs(found) do found[i] = string.sub(member, #prefix + 1) end
    return found
end
