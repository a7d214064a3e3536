// Times of the settings, which the server keeps in UTC, as the reader's clock shows them.

const DAY = 24 * 60;

/** Moves `hh:mm` by so many minutes, around the clock. */
function moved(time, minutes) {
  const [hour, minute] = time.split(":").map(Number);
  const moved = (hour * 60 + minute + minutes + 2 * DAY) % DAY;
  return [Math.floor(moved / 60), moved % 60].map((part) => String(part).padStart(2, "0")).join(":");
}

/** Shows the hours of a form as here, and has them sent as there. */
export function showHours(form) {
  if (!form) return;
  const ahead = -new Date().getTimezoneOffset();
  for (const field of form.querySelectorAll("input[type=time]")) if (field.value) field.value = moved(field.value, ahead);
  for (const zone of form.querySelectorAll(".zone")) zone.hidden = true;
  form.addEventListener("formdata", ({ formData }) => {
    for (const [name, time] of formData) if (/^\d\d:\d\d/.test(time)) formData.set(name, moved(time, -ahead));
  });
}

/** Moments, in words of the reader's own. */
export function showMoments() {
  const words = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "long", timeStyle: "short" });
  for (const moment of document.querySelectorAll("time[data-at]")) moment.textContent = words.format(Number(moment.dataset.at));
}
