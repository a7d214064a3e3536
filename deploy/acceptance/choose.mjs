// Which lines are meant. Pure.

export const FORMS = ["short", "full"];

// `R,S8` is all of R, and S8; nothing is everything. Names that there are not are refused.
export function choose(lines, only) {
  const wanted = (only ?? "").split(",").map((word) => word.trim().toUpperCase()).filter(Boolean);
  const meant = (word) => lines.filter(({ id }) => id === word || (/^[A-Z]$/.test(word) && id.startsWith(word)));
  const unknown = wanted.filter((word) => meant(word).length === 0);
  if (unknown.length) throw new Error(`no line or group is called ${unknown.join(", ")}`);
  if (!wanted.length) return lines;
  return lines.filter((line) => wanted.some((word) => meant(word).includes(line)));
}

// From the command line and the environment, as make passes them on.
export function options(given, environment = {}) {
  const words = given.flatMap((word) => (word.startsWith("--") ? word.slice(2).split(/=(.*)/s, 2) : [word]));
  const found = { only: environment.ONLY, form: environment.FORM || "short" };
  for (let at = 0; at < words.length; at += 2) {
    if (!(words[at] in found) || words[at + 1] === undefined) throw new Error(`not understood: ${words[at]}`);
    found[words[at]] = words[at + 1];
  }
  if (!FORMS.includes(found.form)) throw new Error(`the form is ${FORMS.join(" or ")}, not ${found.form}`);
  return found;
}
