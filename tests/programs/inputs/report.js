// Exercises the interpreter: closures, classes, generators, proxies, regular expressions, typed arrays, big integers,
// sorting, JSON, promises, garbage, files.
import * as std from "qjs:std";

function* primes() {
  const found = [];
  for (let n = 2; ; n++) {
    if (found.every((p) => n % p)) {
      found.push(n);
      yield n;
    }
  }
}
const take = (iterator, count) => Array.from({ length: count }, () => iterator.next().value);
console.log("primes", take(primes(), 25).join(" "));

class Shape {
  #name;
  constructor(name) { this.#name = name; }
  get label() { return `${this.#name}:${this.area().toFixed(3)}`; }
}
class Circle extends Shape {
  constructor(r) { super("circle"); this.r = r; }
  area() { return Math.PI * this.r ** 2; }
}
console.log("class", new Circle(2).label, new Circle(0.5) instanceof Shape);

let factorial = 1n;
for (let i = 1n; i <= 100n; i++) factorial *= i;
console.log("bigint", factorial.toString().length, factorial % 1000000007n, (-7n) / 2n);

const text = "2026-11-22 and 1999-01-02";
console.log("regexp", text.replace(/(?<y>\d{4})-(?<m>\d\d)-(?<d>\d\d)/g, "$<d>.$<m>.$<y>"), /(?<=a)b+/u.exec("abbb")[0]);

let seed = 1;
const numbers = new Float64Array(20000).map(() => (seed = (seed * 16807) % 2147483647) / 2147483647);
numbers.sort();
console.log("sorted", numbers[0], numbers[10000], numbers[19999]);
console.log("numbers", 0.1 + 0.2, 1e21, -0, (255).toString(2), parseFloat("3.14abc"), Number("0x1f"), (1234.5678).toExponential(2));
console.log("json", JSON.stringify({ a: [1, { b: null }], c: "ü\n", d: undefined }), JSON.parse("[1e3,true]"));

const log = [];
const proxy = new Proxy({}, { get: (_, key) => (log.push(key), 1), has: () => true });
console.log("proxy", proxy.x + proxy.y, "z" in proxy, log.join());

let garbage = null;
for (let i = 0; i < 50000; i++) garbage = { i, text: `n${i}`, last: garbage && garbage.i };
std.gc();
console.log("garbage", garbage.text, garbage.last);

try {
  null.f();
} catch (error) {
  console.log("error", error instanceof TypeError, error.message);
}
const deep = (n) => (n === 0 ? 0 : 1 + deep(n - 1));
console.log("deep", deep(200));

const file = std.open("notes.txt", "w");
for (let i = 0; i < 5; i++) file.puts(`line ${i}\n`);
file.close();
console.log("file", JSON.stringify(std.loadFile("notes.txt")), std.loadFile("missing.txt"));
console.log("variable", std.getenv("GREETING"), scriptArgs.slice(1).join());
await Promise.all([1, 2, 3].map(async (n) => { await null; console.log("async", n); }));
std.exit(5);
