// What instances say of themselves.

import { ask, together } from "./server.mjs";

export async function readiness(stage) {
  const cluster = await together(stage, null);
  let up = 0;
  const said = new Set();
  for (const { url } of cluster.instances) {
    const ready = await (await ask(url, "/health/ready")).json();
    const found = JSON.stringify(ready);
    said.add(found.slice(0, 200));
    up += ready.status === "ok" && /"redis"/i.test(found) && !/"(?:down|away|degraded)"/.test(found) ? 1 : 0;
  }
  await cluster.end();
  return { figures: { "instances that name Redis as up": up }, notes: [...said] };
}
