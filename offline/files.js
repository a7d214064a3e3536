// Where a page takes files: from the picker, by drop anywhere in the room or on a thread, and by paste into the field one
// writes in. What then uploads them is a file of its own, which comes with the first file.

const ROOM = ".composer:not(.reply)";

/** Listens for as long as the page is there. */
export function takeFiles() {
  const label = document.querySelector(`${ROOM} .attach`);
  if (!label) return;
  label.hidden = false;
  const add = (composer, files) => {
    // A copy: the browser empties its own list.
    const chosen = [...files];
    const fail = () => (composer.querySelector(".state").textContent = "Files need the network");
    if (chosen.length) import(__UPLOAD__).then(({ add }) => add(composer, chosen)).catch(fail);
  };
  addEventListener("change", ({ target }) => {
    if (!target.matches(".composer .attach input")) return;
    add(target.form, target.files);
    target.value = "";
  });
  addEventListener("paste", (event) => {
    const [composer, files] = [event.target.closest?.(".composer"), event.clipboardData?.files];
    if (!composer || !files?.length) return;
    event.preventDefault();
    add(composer, files);
  });
  const { dataset } = document.querySelector(".app");
  const shade = (where) => (where ? (dataset.drop = where) : delete dataset.drop);
  // The form that what is dragged there would go to, and the place that shows so.
  const under = ({ dataTransfer, target }) => {
    const thread = target.closest?.(".thread[data-root]");
    const composer = thread ? thread.querySelector(".composer") : document.querySelector(ROOM);
    return dataTransfer?.types.includes("Files") && composer && [composer, thread ? "thread" : "room"];
  };
  addEventListener("dragover", (event) => {
    const found = under(event);
    if (!found) return shade();
    event.preventDefault();
    // With the style of what is shown then.
    import(__UPLOAD__).catch(() => {});
    shade(found[1]);
  });
  // Out of the window: within it, it comes from one element and goes to the next.
  addEventListener("dragleave", ({ relatedTarget }) => relatedTarget ?? shade());
  addEventListener("drop", (event) => {
    shade();
    const found = under(event);
    if (!found) return;
    event.preventDefault();
    add(found[0], event.dataTransfer.files);
  });
}
