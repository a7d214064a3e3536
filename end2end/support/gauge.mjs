// What a page does while it is used, frame by frame, and what it takes up. Times are written down, never asserted.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const folder = join(import.meta.dirname, "../report");

// Begins to write down every frame of a page: how long it took, how many messages were in the page, and how far the
// row that is being read was moved.
export async function observe(page) {
  await page.evaluate(() => {
    const list = document.querySelector("[data-testid=messages]");
    const gauge = { frames: [], nodes: 0, elements: 0, drift: 0, long: [], empty: 0 };
    let last = performance.now();
    let held = null;
    const box = (row) => row.getBoundingClientRect().top;
    // From now on this message must not move.
    gauge.hold = (seq) => {
      const row = list.querySelector(`[data-seq="${seq}"]`);
      held = row && { row, seq, top: box(row) };
      gauge.drift = 0;
    };
    const look = (now) => {
      gauge.frames.push(now - last);
      last = now;
      gauge.nodes = Math.max(gauge.nodes, list.querySelectorAll("[data-seq]").length);
      gauge.elements = Math.max(gauge.elements, list.getElementsByTagName("*").length);
      if (held && held.row.dataset.seq === String(held.seq) && held.row.isConnected) {
        gauge.drift = Math.max(gauge.drift, Math.abs(box(held.row) - held.top));
      }
      const { left, top, height } = list.getBoundingClientRect();
      const middle = document.elementFromPoint(left + 100, top + height / 2);
      gauge.empty += middle?.closest(".space") ? 1 : 0;
      if (globalThis.gauge === gauge) requestAnimationFrame(look);
    };
    new PerformanceObserver((entries) => {
      for (const { duration } of entries.getEntries()) gauge.long.push(Math.round(duration));
    }).observe({ type: "longtask" });
    globalThis.gauge = gauge;
    requestAnimationFrame(look);
  });
}

// Ends that, and gives what was written down.
export async function observed(page) {
  return page.evaluate(() => {
    const { frames, nodes, elements, drift, long, empty } = globalThis.gauge;
    globalThis.gauge = null;
    const sorted = frames.slice(1).sort((a, b) => a - b);
    const at = (share) => Math.round(10 * (sorted[Math.floor(sorted.length * share)] ?? 0)) / 10;
    const over = (limit) => sorted.filter((frame) => frame > limit).length;
    return {
      nodes, elements, drift, empty, long,
      frames: { count: sorted.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(0.9999), over33: over(33.4), over50: over(50) },
    };
  });
}

// Makes the pages that are loaded from now on tell of their WebAssembly's memory.
export async function weighable(context) {
  await context.addInitScript(() => {
    const instantiate = WebAssembly.instantiateStreaming;
    WebAssembly.instantiateStreaming = async (...given) => {
      const made = await instantiate(...given);
      globalThis.wasmMemory ??= made.instance.exports.memory;
      return made;
    };
  });
}

// What a page keeps after its garbage is gone: the script's heap and the memory of its WebAssembly, in bytes.
export async function memory(page) {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  for (let n = 0; n < 3; n++) await session.send("HeapProfiler.collectGarbage");
  const { metrics } = await session.send("Performance.getMetrics");
  const value = (name) => metrics.find((metric) => metric.name === name).value;
  const wasm = await page.evaluate(() => globalThis.wasmMemory.buffer.byteLength);
  const found = { heap: value("JSHeapUsedSize"), wasm, nodes: value("Nodes"), listeners: value("JSEventListeners") };
  await session.detach();
  return { ...found, all: found.heap + found.wasm };
}

// Writes figures down and prints them.
export function report(name, figures) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(figures, null, 2)}\n`);
  console.log(`${name}: ${JSON.stringify(figures)}`);
}
