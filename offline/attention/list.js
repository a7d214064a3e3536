// Pages of lists (what waits, followed threads, saved messages) that follow what happens: when something does, the page
// is asked for again, and its list takes the place of the old one.

// Together, so that a busy room asks for a page a second at most.
const PAUSE_MS = 1_000;
// How long to wait before the socket is opened again.
const AGAIN_MS = [1_000, 30_000];

export function followList(list) {
  if (!list) return;
  const kinds = new Set(list.dataset.follows.split(" "));
  let timer;
  let waits = 0;

  const renew = async () => {
    timer = undefined;
    const answer = await fetch(location.href).catch(() => undefined);
    if (!answer?.ok) return;
    // Without its styles: they are here already, and those of another answer have another nonce, which the policy refuses.
    const text = (await answer.text()).replace(/<style[\s\S]*?<\/style>/g, "");
    const page = new DOMParser().parseFromString(text, "text/html");
    for (const part of ["[data-follows]", ".side .rooms"]) {
      const [old, fresh] = [document.querySelector(part), page.querySelector(part)];
      if (old && fresh && old.innerHTML !== fresh.innerHTML) old.replaceChildren(...fresh.childNodes);
    }
  };
  const soon = () => (timer ??= setTimeout(renew, PAUSE_MS));
  const open = () => {
    const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/ws`, "natter.v1.json");
    socket.addEventListener("open", () => {
      // Whatever happened while there was no line.
      if (waits > 0) soon();
      waits = 0;
    });
    socket.addEventListener("message", ({ data }) => {
      for (const line of data.split("\n")) {
        const frame = JSON.parse(line);
        globalThis.natterHear?.(line);
        if (kinds.has(frame.type)) soon();
      }
    });
    socket.addEventListener("close", ({ code }) => {
      if (code === 4401) return;
      const [least, most] = AGAIN_MS;
      setTimeout(open, Math.min(most, least * 2 ** waits) * (0.5 + Math.random() / 2));
      waits += 1;
    });
    addEventListener("pagehide", () => socket.close(), { once: true });
  };
  addEventListener("pageshow", ({ persisted }) => persisted && (open(), soon()));
  open();
}
