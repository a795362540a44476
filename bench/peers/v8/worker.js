// Benchmark worker for V8, in node: answers the driver's requests as `harness/src/serve.rs` does for engines in Rust.
//
// What has no like in JavaScript (typed calls, handles to memories, pools) is not applicable. The compiler is chosen by
// node's flags (`src/engines.rs`). The last argument is its name; `--profile SECONDS CASE` after it repeats one case.
"use strict";

const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const readline = require("node:readline");
const v8 = require("node:v8");

/** Wall and processor time of `work`; the latter is of all threads, those that compile in the background included. */
function timed(work) {
  const processor = process.cpuUsage();
  const wall = process.hrtime.bigint();
  const result = work();
  const wallNs = Number(process.hrtime.bigint() - wall);
  const { user, system } = process.cpuUsage(processor);
  return { result, wall_ns: wallNs, cpu_ns: (user + system) * 1000 };
}

function sample(iterations, { wall_ns, cpu_ns }, more = {}) {
  const empty = { checksum: null, code_bytes: null, peak_bytes: null };
  return { iterations, wall_ns, cpu_ns, ...empty, ...more };
}

/** Calls `run` with one argument, which is a number of turns if `turns` is set. */
function prepareKernel(wasm, argument) {
  const { run } = new WebAssembly.Instance(new WebAssembly.Module(wasm), {}).exports;
  if (argument === undefined) {
    return (iterations) => sample(iterations, timed(() => run(iterations)));
  }
  return (iterations) => {
    const sums = [];
    const time = timed(() => {
      for (let i = 0; i < iterations; i++) sums.push(run(argument));
    });
    if (sums.some((sum) => sum !== sums[0])) throw new Error(`the same call returned different checksums: ${sums}`);
    return sample(iterations, time, { checksum: sums[0] });
  };
}

/** V8 reads this flag whenever it compiles. */
function setThreads(threads) {
  v8.setFlagsFromString(`--wasm-num-compilation-tasks=${threads === "One" ? 1 : 128}`);
}

function compileTimes(wasm, iterations) {
  const modules = [];
  return timed(() => {
    for (let i = 0; i < iterations; i++) modules.push(new WebAssembly.Module(wasm));
  });
}

/** Bytes of machine code, as a process of its own tells with each function that it compiles. */
function codeBytes(path) {
  const script = "new WebAssembly.Module(require('node:fs').readFileSync(process.argv[1]))";
  const flags = [...process.execArgv, "--trace-wasm-compilation-times"];
  const output = execFileSync(process.execPath, [...flags, "--eval", script, path], { maxBuffer: 1 << 30 });
  let bytes = 0;
  for (const [, size] of output.toString("latin1").matchAll(/codesize (\d+)/g)) bytes += Number(size);
  return bytes === 0 ? null : bytes;
}

function prepareCompiler(wasm, path, threads) {
  setThreads(threads);
  const code_bytes = threads === "One" ? codeBytes(path) : null;
  return (iterations) => {
    const result = sample(iterations, compileTimes(wasm, iterations), { code_bytes });
    // Dropping is not compiling, but must not wait until memory is full of modules.
    globalThis.gc();
    return result;
  };
}

function memoryOf(field) {
  const line = fs.readFileSync("/proc/self/status", "latin1").match(new RegExp(`^${field}:\\s+(\\d+) kB`, "m"));
  return Number(line[1]) * 1024;
}

function prepareCompileMemory(wasm) {
  setThreads("All");
  return (iterations) => {
    globalThis.gc();
    fs.writeFileSync("/proc/self/clear_refs", "5");
    const before = memoryOf("VmRSS");
    const time = compileTimes(wasm, iterations);
    return sample(iterations, time, { peak_bytes: Math.max(0, memoryOf("VmHWM") - before) });
  };
}

function prepareValidator(wasm) {
  return (iterations) => {
    const validate = () => {
      for (let i = 0; i < iterations; i++) {
        if (!WebAssembly.validate(wasm)) throw new Error("not valid");
      }
    };
    return sample(iterations, timed(validate));
  };
}

/** A function that measures the case, or nothing if V8 has no such thing. */
function prepare({ module: path, action }) {
  const wasm = fs.readFileSync(path);
  const [kind, argument] = typeof action === "string" ? [action] : Object.entries(action)[0];
  switch (kind) {
    case "Run":
      return prepareKernel(wasm, argument);
    case "Loop":
      return prepareKernel(wasm);
    case "Compile":
      return prepareCompiler(wasm, path, argument);
    case "CompileMemory":
      return prepareCompileMemory(wasm);
    case "Validate":
      return prepareValidator(wasm);
    default:
      return undefined;
  }
}

/** An answer as JSON; a checksum has more digits than a number of JavaScript, so it is put in by hand. */
function encode(answer) {
  const checksum = answer.Sample?.checksum;
  if (typeof checksum !== "bigint") return JSON.stringify(answer);
  const text = JSON.stringify({ Sample: { ...answer.Sample, checksum: "CHECKSUM" } });
  return text.replace('"CHECKSUM"', String(checksum));
}

async function serve() {
  let prepared;
  const handle = (request) => {
    if (request.Prepare) {
      prepared = undefined;
      prepared = prepare(request.Prepare);
      return prepared ? "Ready" : "NotApplicable";
    }
    return { Sample: prepared(request.Measure) };
  };
  for await (const line of readline.createInterface({ input: process.stdin })) {
    let answer;
    try {
      answer = handle(JSON.parse(line));
    } catch (error) {
      answer = { Failed: String(error) };
    }
    fs.writeSync(1, encode(answer) + "\n");
  }
}

function repeat(seconds, measured) {
  const end = Date.now() + seconds * 1000;
  let [samples, last] = [0];
  do {
    last = measured(1);
    samples++;
  } while (Date.now() < end);
  console.error(`${samples} samples; the last took ${last.wall_ns} ns`);
}

const [, , , mode, seconds, text] = process.argv;
if (mode === undefined) serve();
else if (mode === "--profile") repeat(Number(seconds), prepare(JSON.parse(text)));
else throw new Error("this is a worker of `wasmill-bench`, which starts it");
