// What a run ran on.

import { cpus, loadavg, release, totalmem } from "node:os";

export const machine = () => ({
  cores: cpus().length,
  processor: cpus()[0].model.trim(),
  memory: Math.round(totalmem() / 2 ** 30),
  kernel: release(),
});

export const load = () => Math.round(loadavg()[0] * 10) / 10;
