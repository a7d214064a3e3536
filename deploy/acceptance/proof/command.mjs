// A check that ends with 0 or not.

import { run } from "./process.mjs";

// Runs it; a figure of this name is 0 where it had nothing to complain of.
export const command = (words, figure, seconds = 1200) => async (stage) => {
  const { code, out, err } = await run(words, { cwd: stage.root, seconds });
  const last = `${out}\n${err}`.trim().split("\n").at(-1).slice(0, 200);
  return { figures: { [figure]: code === 0 ? 0 : 1 }, notes: code === 0 ? [] : [`${words[0]} ended with ${code}: ${last}`] };
};
