// Where a page takes files: from the picker, by drop anywhere in the room, and by paste into the composer. What then
// uploads them is a file of its own, which comes with the first file.

const composer = () => document.querySelector(".composer:not(.reply)");
const holdsFiles = (data) => data?.types.includes("Files") && composer();

/** Listens for as long as the page is there. */
export function takeFiles() {
  const label = composer()?.querySelector(".attach");
  if (!label) return;
  label.hidden = false;
  const add = (files) => {
    // A copy: the browser empties its own list.
    const chosen = [...files];
    if (chosen.length) import(__UPLOAD__).then(({ add }) => add(composer(), chosen)).catch(() => say("Files need the network"));
  };
  label.querySelector("input").addEventListener("change", ({ target }) => {
    add(target.files);
    target.value = "";
  });
  addEventListener("paste", (event) => {
    const files = event.clipboardData?.files;
    if (!files?.length || !event.target.closest?.(".composer:not(.reply)")) return;
    event.preventDefault();
    add(files);
  });
  const shade = (on) => document.querySelector(".app").toggleAttribute("data-drop", on);
  addEventListener("dragover", (event) => {
    if (!holdsFiles(event.dataTransfer)) return;
    event.preventDefault();
    // With the style of what is shown then.
    import(__UPLOAD__).catch(() => {});
    shade(true);
  });
  // Out of the window: within it, it comes from one element and goes to the next.
  addEventListener("dragleave", ({ relatedTarget }) => relatedTarget ?? shade(false));
  addEventListener("drop", (event) => {
    shade(false);
    if (!holdsFiles(event.dataTransfer)) return;
    event.preventDefault();
    add(event.dataTransfer.files);
  });
}

const say = (words) => {
  const state = composer()?.querySelector(".state");
  if (state) state.textContent = words;
};
