-- The nodes whose lease has not ended, and which of them are drained.

local living = {}
for _, node in ipairs(standing_nodes()) do
    living[#living + 1] = {id = node.id, drained = node.drained == true}
end
return answer(living)
