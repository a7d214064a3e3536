// Series as SVG. Pure: the same series give the same bytes. The colours are readable on white and on black.

const [WIDTH, HEIGHT] = [720, 280];
const MARGIN = { left: 64, right: 16, top: 40, bottom: 44 };
const COLOURS = ["#2f7fd6", "#d6662f", "#2f9e5b", "#a04fd0"];
const GREY = "#808890";
// More points than pixels say nothing.
const POINTS_MAX = 600;

const escape = (text) => String(text).replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);
const round = (value) => Math.round(value * 10) / 10;
const short = (value) => (Math.abs(value) >= 1000 ? value.toLocaleString("en", { maximumFractionDigits: 0 }) : String(Number(value.toPrecision(3))));

// Steps of 1, 2 or 5 times a power of ten, about five of them.
export function ticks(from, to) {
  const rough = (to - from || 1) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough);
  const found = [];
  for (let at = Math.ceil(from / step) * step; at <= to + step / 1e6; at += step) found.push(Number(at.toPrecision(12)));
  return found;
}

// Of each stretch the point that is furthest up: a peak must not be lost.
function thin(points) {
  if (points.length <= POINTS_MAX) return points;
  const stretch = points.length / POINTS_MAX;
  return Array.from({ length: POINTS_MAX }, (_, n) =>
    points.slice(Math.floor(n * stretch), Math.floor((n + 1) * stretch)).reduce((a, b) => (b[1] > a[1] ? b : a)));
}

// `{ title, x, y, series: [{ name, points: [[x, y], …] }] }`; x and y are what the axes are called. Where x is `doubling`,
// equal distances are equal factors, and each point's own x is written below it.
export function plot({ title, x, y, series, doubling = false }) {
  const drawn = series.map(({ name, points }) => ({ name, points: thin(points.filter((point) => point.every(Number.isFinite))) }));
  const all = drawn.flatMap(({ points }) => points);
  if (!all.length) return null;
  const xs = all.map(([x]) => x);
  const [left, right, top] = [Math.min(...xs), Math.max(...xs), Math.max(...all.map(([, y]) => y), 0) * 1.05 || 1];
  const inner = { width: WIDTH - MARGIN.left - MARGIN.right, height: HEIGHT - MARGIN.top - MARGIN.bottom };
  const along = doubling ? Math.log : (value) => value;
  const atX = (value) => round(MARGIN.left + ((along(value) - along(left)) / (along(right) - along(left) || 1)) * inner.width);
  const atY = (value) => round(MARGIN.top + inner.height - (value / top) * inner.height);
  const text = (x, y, words, more = "") => `<text x="${x}" y="${y}"${more}>${escape(words)}</text>`;
  const out = [`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" font-family="system-ui, sans-serif" font-size="12" fill="${GREY}">`];
  out.push(`<title>${escape(title)}</title>`, text(MARGIN.left, 18, title, ' font-weight="600" font-size="14"'));
  for (const tick of ticks(0, top)) {
    out.push(`<line x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${atY(tick)}" y2="${atY(tick)}" stroke="${GREY}" stroke-opacity="0.25"/>`);
    out.push(text(MARGIN.left - 6, atY(tick) + 4, short(tick), ' text-anchor="end"'));
  }
  for (const tick of doubling ? new Set(xs) : ticks(left, right)) out.push(text(atX(tick), HEIGHT - MARGIN.bottom + 16, short(tick), ' text-anchor="middle"'));
  out.push(text(MARGIN.left + inner.width / 2, HEIGHT - 8, x, ' text-anchor="middle"'), text(MARGIN.left - 6, 34, y, ' text-anchor="end"'));
  drawn.forEach(({ name, points }, n) => {
    const colour = COLOURS[n % COLOURS.length];
    const path = points.map(([x, y], at) => `${at ? "L" : "M"}${atX(x)} ${atY(y)}`).join("");
    out.push(`<path d="${path}" fill="none" stroke="${colour}" stroke-width="1.5" stroke-linejoin="round"/>`);
    if (points.length <= 12) out.push(...points.map(([x, y]) => `<circle cx="${atX(x)}" cy="${atY(y)}" r="3" fill="${colour}"/>`));
    out.push(text(WIDTH - MARGIN.right, 18 + n * 14, name, ` text-anchor="end" fill="${colour}"`));
  });
  return `${out.join("\n")}\n</svg>\n`;
}
