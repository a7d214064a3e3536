// Looks at servers while something is done to them: CPU, memory, and what a quick question costs.

import { ask } from "./server.mjs";
import { family, use } from "./process.mjs";

// Begins to look every `everyMs`; `stop` gives the series, x in seconds.
export function watch({ pid, url, token, everyMs = 500 }) {
  const start = performance.now();
  const at = () => (performance.now() - start) / 1000;
  const seen = { use: [], probe: [] };
  let going = true;
  const looking = (async () => {
    while (going) {
      const now = at();
      seen.use.push([now, use([pid]), natters(pid)]);
      seen.probe.push([now, await probe(url, token)]);
      await new Promise((go) => setTimeout(go, everyMs));
    }
  })();
  return { at, stop: async () => { going = false; await looking; return seen; } };
}

// Of every instance: its id and resident bytes.
const natters = (pid) => family(pid).filter(({ name }) => name === "natter").map(({ pid, ticks, pages }) => ({ pid, cpu: ticks / 100, bytes: pages * 4096 }));

// How long a list of rooms takes, in milliseconds; NaN where it was refused.
async function probe(url, token) {
  const start = performance.now();
  try {
    const answer = await ask(url, "/api/rooms", { token, signal: AbortSignal.timeout(10_000) });
    await answer.arrayBuffer();
    return answer.ok ? performance.now() - start : NaN;
  } catch {
    return NaN;
  }
}
