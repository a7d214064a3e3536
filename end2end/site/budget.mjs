// What the assets may weigh. A budget adds up the brotli bytes of the files its patterns name.

/** Gives `{ name, used, limit, within, missing }` for each budget. */
export function weigh(budgets, files) {
  return budgets.map(({ name, files: patterns, brotli: limit }) => {
    const matchers = patterns.map(matcher);
    const counted = files.filter((file) => matchers.some((matches) => matches(file.name)));
    const used = counted.reduce((sum, file) => sum + file.br, 0);
    // A renamed file must not slip out of its budget: a pattern that names nothing is a failure too.
    const missing = patterns.filter((_, index) => !files.some((file) => matchers[index](file.name)));
    return { name, used, limit, missing, within: used <= limit && missing.length === 0 };
  });
}

/** `*` stands for anything but a slash, `**` for anything. */
function matcher(pattern) {
  const source = pattern
    .split(/(\*\*|\*)/)
    .map((part) => ({ "**": ".*", "*": "[^/]*" })[part] ?? part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"))
    .join("");
  const expression = new RegExp(`^${source}$`);
  return (name) => expression.test(name);
}
