-- Exercises the interpreter: closures, metatables, strings and patterns, sorting, garbage collection, numbers, files.
local function queens(size)
  local count, columns, up, down = 0, {}, {}, {}
  local function place(row)
    if row > size then count = count + 1 return end
    for column = 1, size do
      local a, b = row + column, row - column
      if not (columns[column] or up[a] or down[b]) then
        columns[column], up[a], down[b] = true, true, true
        place(row + 1)
        columns[column], up[a], down[b] = nil, nil, nil
      end
    end
  end
  place(1)
  return count
end

local Vector = {}
Vector.__index = Vector
Vector.__add = function(a, b) return setmetatable({ x = a.x + b.x, y = a.y + b.y }, Vector) end
Vector.__tostring = function(v) return string.format("(%g, %g)", v.x, v.y) end

print("arguments", #arg, arg[1], arg[2])
print("queens 8", queens(8))
local sum = setmetatable({ x = 0, y = 0 }, Vector)
for i = 1, 1000 do sum = sum + setmetatable({ x = i / 2, y = -i }, Vector) end
print("vector", tostring(sum))

local words = {}
for word in ("the quick brown fox jumps over the lazy dog"):gmatch("%a+") do words[#words + 1] = word end
table.sort(words, function(a, b) return #a == #b and a < b or #a < #b end)
print("words", table.concat(words, " "))
print("gsub", ("wasm-mill"):gsub("(%a+)-(%a+)", "%2.%1"))

local seed, list = 42, {}
for i = 1, 20000 do
  seed = (seed * 1103515245 + 12345) & 0x7fffffff
  list[i] = seed % 100000
end
table.sort(list)
print("sorted", list[1], list[10000], list[20000])

local garbage
for i = 1, 50000 do garbage = { i, tostring(i), garbage and garbage[1] } end
collectgarbage()
print("garbage", garbage[1], garbage[2], garbage[3], collectgarbage("count") < 20000)

print("integers", math.maxinteger, math.mininteger, 7 // -2, 7 % -2, 1 << 62, ~0)
print("floats", 1 / 3, 2 ^ 0.5, math.pi, -0.0, 1e308 * 10, string.format("%.17g %a", 0.1, 0.1))
print("utf8", utf8.len("grüße"), utf8.char(0x1F980), string.pack("<i4", -2):byte(1, -1))

local file = io.open("notes.txt", "w")
for i = 1, 5 do file:write("line ", i, "\n") end
file:close()
for line in io.lines("notes.txt") do io.write(line, ";") end
print()
print("gone", io.open("missing.txt"))
return 7
