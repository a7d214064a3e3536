// S8: 100 people for 2 minutes, 500 for 5, 1,000 for 10, and 5 more.

import { SCALE, during, seconds, stay, summary } from "./people.js";

const PEOPLE = Number(__ENV.PEOPLE || 1000);
// In the list's seconds: how long it takes to become so many, and how long they stay.
const STEPS = [[PEOPLE / 10, 15, 120], [PEOPLE / 2, 30, 300], [PEOPLE, 60, 900]];
const NAMES = ["100", "500", "1000"];
const untils = STEPS.map((_, n) => [STEPS.slice(0, n + 1).reduce((sum, [, rise, hold]) => sum + rise + hold, 0), NAMES[n]]);

export const options = {
  scenarios: {
    ramp: {
      executor: "ramping-vus", startVUs: 1, gracefulStop: "15s", gracefulRampDown: "15s",
      stages: STEPS.flatMap(([target, rise, hold]) => [{ duration: seconds(rise), target: Math.round(target) }, { duration: seconds(hold), target: Math.round(target) }]),
    },
  },
  thresholds: {
    "action_failed{people:100}": ["rate==0"], "action_failed{people:500}": ["rate<0.01"], "action_failed{people:1000}": ["rate<0.02"],
    http_req_duration: ["med<200", "p(95)<500"], history_faults: ["count==0"], socket_dropped: ["count==0"],
  },
};

// Somebody stays for five minutes, then begins anew.
export default () => stay(300_000 * Math.max(SCALE, 0.1), () => during(untils));

export const handleSummary = summary;
