// Processes: started within a time, with a core of their own, and what they use. Only what was started here is ended here.

import { spawn } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";

// Whatever runs.
export const children = new Set();

const TAIL = 4_000_000;
const TICKS_A_SECOND = 100;
const PAGE_BYTES = 4096;

// A program on a core; `none` leaves it to the system.
export const pinned = (core, command) => (core === "none" ? command : ["taskset", "--cpu-list", core, ...command]);

// Starts a program in a group of its own, so that what it starts ends with it.
export function begin([program, ...given], { env = {}, cwd, stdin = "ignore" } = {}) {
  const child = spawn(program, given, { cwd, env: { ...process.env, ...env }, stdio: [stdin, "pipe", "pipe"], detached: true });
  const said = { out: "", err: "" };
  child.stdout.on("data", (data) => (said.out = (said.out + data).slice(-TAIL)));
  child.stderr.on("data", (data) => (said.err = (said.err + data).slice(-TAIL)));
  children.add(child);
  const ended = new Promise((resolve) => {
    child.once("error", (error) => { said.err += String(error); children.delete(child); resolve(127); });
    child.once("exit", (code, name) => { children.delete(child); resolve(code ?? name); });
  });
  const end = async (name = "SIGTERM") => {
    if (child.exitCode === null && child.signalCode === null && child.pid) signal(child, name);
    const insist = setTimeout(() => signal(child, "SIGKILL"), 15_000);
    await ended;
    clearTimeout(insist);
  };
  return { pid: child.pid, child, said, ended, end };
}

// To a program and all that it started.
export function signal(child, name) {
  try {
    process.kill(-child.pid, name);
  } catch {
    // It has ended already.
  }
}

// Runs a program to its end, `seconds` at most; gives `{ code, out, err }`.
export async function run(command, { seconds = 600, ...more } = {}) {
  const program = begin(command, more);
  let late = false;
  const limit = setTimeout(() => { late = true; signal(program.child, "SIGKILL"); }, seconds * 1000);
  const code = await program.ended;
  clearTimeout(limit);
  if (late) throw new Error(`${command.slice(0, 4).join(" ")} … did not end within ${seconds} s`);
  return { code, ...program.said };
}

// The same for a program that has to end with 0.
export async function must(command, more) {
  const { code, out, err } = await run(command, more);
  if (code !== 0) throw new Error(`${command.slice(0, 4).join(" ")} … ended with ${code}: ${(err || out).trim().slice(-500)}`);
  return out;
}

const read = (path) => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
};

function stat(pid) {
  const text = read(`/proc/${pid}/stat`);
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return text && { pid, name: text.slice(text.indexOf("(") + 1, text.lastIndexOf(")")), parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]), pages: Number(fields[21]) };
}

// A process and all that descend from it.
export function family(pid) {
  const all = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map((name) => stat(Number(name))).filter(Boolean);
  const found = all.filter((one) => one.pid === pid);
  for (let at = 0; at < found.length; at++) found.push(...all.filter((one) => one.parent === found[at].pid));
  return found;
}

// By program's name: seconds of CPU so far, and bytes that are resident. Of Postgres' processes, whose memory is shared, the
// bytes count more than once.
export function use(pids) {
  const found = {};
  for (const { name, ticks, pages } of pids.flatMap(family)) {
    found[name] ??= { cpu: 0, bytes: 0, processes: 0 };
    found[name].cpu += ticks / TICKS_A_SECOND;
    found[name].bytes += pages * PAGE_BYTES;
    found[name].processes += 1;
  }
  return found;
}

// The memory of one process: what is resident.
export const resident = (pid) => (stat(pid)?.pages ?? 0) * PAGE_BYTES;

// What one process used of the CPU, in seconds.
export const cpu = (pid) => (stat(pid)?.ticks ?? 0) / TICKS_A_SECOND;

// Does something with this process on a core: where it makes the load itself.
export async function onCore(core, act) {
  const stay = (cores) => must(["taskset", "-a", "-p", "-c", cores, String(process.pid)], { seconds: 10 });
  const before = /Cpus_allowed_list:\s+(\S+)/.exec(read("/proc/self/status"))[1];
  await stay(core);
  try {
    return await act();
  } finally {
    await stay(before);
  }
}
