# Exercises the interpreter: blocks, fibers, big integers, exceptions, pattern matching, standard input, and files.
require "json"
require "set"
require "stringio"

Point = Struct.new(:x, :y) do
  include Comparable
  def <=>(other) = [x, y] <=> [other.x, other.y]
  def to_s = "(#{x}, #{y})"
end

class Tree
  include Enumerable
  def initialize = @root = nil

  def <<(value)
    @root = insert(@root, value)
    self
  end

  def each(&block) = walk(@root, &block)

  private

  def insert(node, value)
    return [nil, value, nil] unless node
    left, key, right = node
    value < key ? [insert(left, value), key, right] : [left, key, insert(right, value)]
  end

  def walk(node, &block)
    return unless node
    left, key, right = node
    walk(left, &block)
    block.call(key)
    walk(right, &block)
  end
end

puts "arguments: #{ARGV.join(', ')}; greeting: #{ENV['GREETING']}"
words = $stdin.read.scan(/\w+/)
puts words.tally.sort_by { |word, count| [-count, word] }.first(4).inspect
tree = words.each_with_object(Tree.new) { |word, tree| tree << word }
puts tree.first(3).join(" "), tree.map(&:length).sum, tree.include?("wheat")
puts [Point.new(2, 1), Point.new(1, 9), Point.new(1, 3)].sort.join(" ")

collatz = Fiber.new do
  n = 27
  while n != 1
    Fiber.yield n
    n = n.even? ? n / 2 : 3 * n + 1
  end
  nil
end
steps = []
while (n = collatz.resume)
  steps << n
end
puts "collatz: #{steps.length} steps, the highest #{steps.max}"
puts (1..60).inject(:*), 2**200 % 10**40, Rational(1, 3) + Rational(1, 6)
puts (2..5000).lazy.select { |n| (2..Integer.sqrt(n)).none? { |d| (n % d).zero? } }.map { _1 * 2 }.first(8).inspect
puts JSON.generate({ "b" => [1, 2.5, nil], "a" => { "x" => "ü" } }), JSON.parse('[{"k": "v"}]').inspect
case { name: "mill", parts: [1, [2, 3]] }
in { name: String => name, parts: [first, [*, last]] }
  puts "#{name} #{first} #{last}"
end
puts "%08.3f|%-6s|%+d|%x" % [3.14159, "ab", 5, 255]
puts "crème brûlée".upcase.unicode_normalize(:nfd).length rescue puts "no normalisation: #{$!.class}"

begin
  [].fetch(3)
rescue IndexError => error
  puts "#{error.class}: #{error.message}"
ensure
  puts "ensured"
end
def deep(n) = deep(n + 1)
begin
  deep(0)
rescue SystemStackError => error
  puts error.class
end
answer = catch(:found) { 10.times { |i| 10.times { |j| throw :found, [i, j] if i * j == 42 } } }
puts answer.inspect

Dir.mkdir("made")
File.open("made/words.txt", "w") { |file| tree.to_set.each { |word| file.puts word } }
File.rename("made/words.txt", "made/sorted.txt")
puts File.size("made/sorted.txt"), Dir.children(".").sort.join(" ")
warn "that was all"
exit 6
