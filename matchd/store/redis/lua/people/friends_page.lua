-- Lines of one's list in order of standing and id, all or of one standing, after the given one.

local lines = {}
for _, standing in ipairs(SHOWN) do
    local wanted = not ask.standing or ask.standing == standing
    local behind = ask.after and standing < ask.after.standing
    if wanted and not behind and #lines < ask.limit then
        local after = ask.after and standing == ask.after.standing and ask.after.other or nil
        lines_of(ask.me, standing, after, ask.limit - #lines, lines)
    end
end
return answer(lines)
