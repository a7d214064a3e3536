// From figures to a verdict. Pure.

const HOLDS = {
  "<": (value, bound) => value < bound,
  "<=": (value, bound) => value <= bound,
  ">": (value, bound) => value > bound,
  ">=": (value, bound) => value >= bound,
  "=": (value, bound) => value === bound,
};

// A bound of a line: which figure, in which unit, its floor and its aim as `"< 50"`. Without an aim, the floor is one.
export const bound = (figure, unit, floor, aim = floor) => ({ figure, unit, floor, aim });

export function holds(value, condition) {
  const [operator, number] = condition.split(" ");
  if (!HOLDS[operator] || Number.isNaN(Number(number))) throw new Error(`no condition: ${condition}`);
  return Number.isFinite(value) && HOLDS[operator](value, Number(number));
}

// `aim`, `floor` or `missed`, with the figures that fell short of either.
export function judge(bounds, figures) {
  const short = (which) => bounds.filter((one) => !holds(figures[one.figure], one[which])).map((one) => one.figure);
  const [belowFloor, belowAim] = [short("floor"), short("aim")];
  const verdict = belowFloor.length ? "missed" : belowAim.length ? "floor" : "aim";
  return { verdict, short: belowFloor.length ? belowFloor : belowAim };
}

// The bounds in words: `p50 < 50 ms, p95 < 200 ms`.
export const inWords = (bounds, which) =>
  bounds.map((one) => [one.figure, one[which], one.unit].filter(Boolean).join(" ")).join(", ");

// The same place of an ascending list that a share of its values does not pass.
export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * share) - 1))];
}

// How much a series of `[x, y]` rises with each step of x: least squares.
export function slope(points) {
  const mean = (of) => points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [x, y] = [mean(([x]) => x), mean(([, y]) => y)];
  const spread = points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
  return spread === 0 ? 0 : points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0) / spread;
}
