// The panel of a thread: it is followed without leaving the page, and read as it is looked at.

import { ask } from "./api.js";

const PAUSE_MS = 1_000;

export function followThread() {
  const panel = () => document.querySelector(".thread[data-root]");

  document.addEventListener("submit", async (press) => {
    const form = press.target.closest?.('form[action="/fn/follow_thread"]');
    if (!form) return;
    press.preventDefault();
    const { message, following } = Object.fromEntries(new FormData(form));
    const follow = following === "true";
    if (await ask(follow ? "PUT" : "DELETE", `/threads/${message}/follow`)) draw(form, follow);
  });

  let timer;
  const read = (root, seq) => {
    clearTimeout(timer);
    timer = setTimeout(() => document.visibilityState === "visible" && ask("POST", `/threads/${root}/read`, { seq }), PAUSE_MS);
  };

  return (frame) => {
    const open = panel();
    if (!open) return;
    const { root } = open.dataset;
    if (frame.type === "thread" && frame.root === root) {
      const form = open.querySelector('form[action="/fn/follow_thread"]');
      if (form) draw(form, frame.following);
    }
    const { message } = frame;
    if (["message", "sent"].includes(frame.type) && message.thread === root) read(root, message.seq);
  };
}

/** Says what the button does now. */
function draw(form, following) {
  form.elements.following.value = String(!following);
  const button = form.querySelector("button");
  button.textContent = following ? "Following" : "Follow";
  button.setAttribute("aria-pressed", String(following));
}
