// The panel of a thread, loaded with the first one: it is followed without leaving the page, read as it is looked at, takes
// files, and what is begun in it is on all of one's devices.

// Together, so that a quick exchange is told of once a second at most.
const PAUSE_MS = 1_000;

/** Looks after whatever thread is on the page. `ask` asks the API, `followField` keeps a draft. */
export function followThread(ask, followField) {
  let panel;
  let draft;
  let timer;

  document.addEventListener("submit", async (press) => {
    const form = press.target.closest?.('form[action="/fn/follow_thread"]');
    if (!form) return;
    press.preventDefault();
    const { message, following } = Object.fromEntries(new FormData(form));
    const follow = following === "true";
    if (await ask(follow ? "PUT" : "DELETE", `/threads/${message}/follow`)) draw(form, follow);
  });

  // Whoever has it before them has read what it shows, however that came.
  const read = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const last = [...(panel?.querySelectorAll(".row:not(.root) > [data-seq]") ?? [])].at(-1);
      if (!last || document.visibilityState !== "visible") return;
      ask("POST", `/threads/${panel.dataset.root}/read`, { seq: Number(last.dataset.seq) });
    }, PAUSE_MS);
  };
  const look = () => {
    const found = document.querySelector(".thread[data-root]");
    if (found === panel) return;
    draft?.tell();
    draft = undefined;
    panel = found;
    const form = panel?.querySelector(".reply");
    if (!form) return;
    form.querySelector("label.attach").hidden = false;
    const { root } = panel.dataset;
    draft = followField(form.elements.body, "threads", () => root);
    draft.enter();
    // For whoever sends: from now on an emptied field is told.
    form.elements.body.dataset.followed = "";
    new MutationObserver(read).observe(panel.querySelector(".answers"), { childList: true });
    read();
  };
  new MutationObserver(look).observe(document.querySelector(".pane"), { childList: true });
  document.addEventListener("visibilitychange", read);
  addEventListener("pagehide", () => draft?.tell());
  look();

  return ({ type, root, following, body, at }) => {
    if (!panel || root !== panel.dataset.root) return;
    if (type === "reply_draft") draft?.take(root, body, at);
    const form = type === "thread" && panel.querySelector('form[action="/fn/follow_thread"]');
    if (form) draw(form, following);
  };
}

/** Says what the button does now. */
function draw(form, following) {
  form.elements.following.value = String(!following);
  const button = form.querySelector("button");
  button.textContent = following ? "Following" : "Follow";
  button.setAttribute("aria-pressed", String(following));
}
