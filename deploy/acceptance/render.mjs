// The page out of what the runs wrote down. Pure: nothing in it comes from elsewhere.

import { inWords } from "./verdict.mjs";

const GROUPS = {
  R: "Response times", S: "Scale", C: "Cache, Redis", D: "Database", F: "The page", I: "Infrastructure", M: "Metrics",
  X: "Security and reliability", W: "Words", P: "Beside a peer",
};
const VERDICTS = {
  aim: "aim met", floor: "floor met", missed: "**missed**", error: "**not measured: it failed**", cannot: "cannot be measured here",
};
const HEAD = `# Acceptance

What Natter promises, and what a run of \`make acceptance\` found. Every figure below was written by such a run; nothing was
put in by hand (\`acceptance.json\` holds what the runs said, \`deploy/acceptance\` how each line is measured).
A **floor** is the least that counts, an **aim** what we want. The short form takes minutes and shortens what takes long; the full
form keeps to the times that are named. Figures of times are worth something only where nothing else ran: *busy* is the
share of the machine that other programs used just before the line began.
`;

const cell = (text) => String(text).replaceAll("|", "\\|").replaceAll("\n", " ");

export function value(number) {
  if (typeof number !== "number") return String(number);
  if (Number.isInteger(number)) return number.toLocaleString("en");
  return Math.abs(number) >= 100 ? number.toFixed(0) : String(Number(number.toPrecision(3)));
}

export function measured(line, result) {
  if (result.verdict === "error" || result.verdict === "cannot") return result.why;
  const units = Object.fromEntries(line.bounds.map(({ figure, unit }) => [figure, unit]));
  const said = Object.entries(result.figures).map(([name, number]) => `${name} ${value(number)}${units[name] ? ` ${units[name]}` : ""}`);
  const left = result.unjudged?.length ? [`not judged in this form: ${result.unjudged.join(", ")}`] : [];
  const short = result.verdict === "floor" ? [`short of the aim: ${result.short.join(", ")}`] : [];
  return [...said, ...(result.notes ?? []), ...left, ...short].join("; ");
}

// How many lines came to which verdict.
export function tally(lines, results) {
  const count = (verdict) => lines.filter(({ id }) => (results[id]?.verdict ?? "none") === verdict).length;
  return { aim: count("aim"), floor: count("floor"), missed: count("missed"), error: count("error"), cannot: count("cannot"), none: count("none") };
}

function table(lines, results) {
  const rows = lines.map((line) => {
    const result = results[line.id];
    const wanted = [line.what, line.floor ?? inWords(line.bounds, "floor"), line.aim ?? inWords(line.bounds, "aim")];
    if (!result) return [line.id, ...wanted, "not run yet", "", ""];
    const run = `${result.form}, ${result.commit}, ${result.busy} % busy`;
    return [line.id, ...wanted, measured(line, result), VERDICTS[result.verdict], run];
  });
  const head = ["id", "what", "floor", "aim", "measured", "verdict", "run"];
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.map(cell).join(" | ")} |`).join("\n");
}

// The whole page. `plots` are the names of pictures beside it, by line.
export function page(lines, { results, machine, plots = {} }) {
  const groups = Object.entries(GROUPS).map(([letter, name]) => [letter, name, lines.filter(({ id }) => id.startsWith(letter))]);
  const { aim, floor, missed, error, cannot, none } = tally(lines, results);
  const parts = [HEAD];
  if (machine) parts.push(`Machine: ${machine.cores} cores of ${machine.processor}, ${machine.memory} GiB, Linux ${machine.kernel}; the load generators ran on it too.\n`);
  parts.push(`${lines.length} lines: ${aim} met their aim, ${floor} their floor, ${missed} missed it, ${error} failed to be measured, ${cannot} cannot be measured here, ${none} were not run yet.\n`);
  for (const [letter, name, own] of groups) {
    parts.push(`## ${letter} · ${name}\n\n${table(own, results)}\n`);
    const pictures = own.flatMap(({ id }) => plots[id] ?? []);
    parts.push(...pictures.map(({ file, title }) => `![${title}](${file})\n`));
  }
  parts.push(`## How each is measured\n\n${lines.map(({ id, how }) => `- **${id}** ${how}`).join("\n")}\n`);
  return parts.join("\n");
}
