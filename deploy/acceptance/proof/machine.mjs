// What a run ran on.

import { readFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";

const MOMENT_MS = 500;

export const machine = () => ({
  cores: cpus().length,
  processor: cpus()[0].model.trim(),
  memory: Math.round(totalmem() / 2 ** 30),
  kernel: release(),
});

// How busy the machine is with other things: the share of its cores that was not idle for a moment, in percent.
export async function busy() {
  const before = ticks();
  await new Promise((go) => setTimeout(go, MOMENT_MS));
  const after = ticks();
  return Math.round((100 * (after.busy - before.busy)) / Math.max(1, after.all - before.all));
}

// Of all cores since the machine started: user, nice, system, idle, waiting …
function ticks() {
  const counts = readFileSync("/proc/stat", "utf8").split("\n")[0].trim().split(/\s+/).slice(1, 9).map(Number);
  const all = counts.reduce((a, b) => a + b, 0);
  return { all, busy: all - counts[3] - counts[4] };
}
