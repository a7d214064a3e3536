((js, wasm, offline) => {
  // Between two islands the page gets to do what it has to.
  const pause = () => (globalThis.scheduler?.yield ? scheduler.yield() : new Promise((go) => setTimeout(go)));
  const boot = async () => {
    // What earlier pages left behind is looked up while the code comes. Without it the page goes on all the same.
    const kept = offline && import(offline).then(({ open }) => open(js)).catch(() => undefined);
    const code = await import(js);
    await code.default({ module_or_path: wasm });
    code.hydrate(await kept);
    for (const island of document.querySelectorAll("leptos-island")) {
      await code[island.dataset.component]?.(island);
      await pause();
    }
  };
  // The page is read before it comes alive: loading starts when everything is shown and nothing else is to do.
  const idle = () => (globalThis.requestIdleCallback ? requestIdleCallback(boot, { timeout: 1000 }) : setTimeout(boot, 1));
  document.readyState === "complete" ? idle() : addEventListener("load", idle, { once: true });
})
