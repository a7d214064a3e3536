// S9: from nobody to 500 people in 30 s, 2 minutes of them, and back in 30 s.

import { SCALE, during, seconds, stay, summary } from "./people.js";

const PEOPLE = Number(__ENV.PEOPLE || 500);

export const options = {
  scenarios: {
    spike: {
      executor: "ramping-vus", startVUs: 0, gracefulStop: "15s", gracefulRampDown: "30s",
      stages: [{ duration: seconds(30), target: PEOPLE }, { duration: seconds(120), target: PEOPLE }, { duration: seconds(30), target: 0 }],
    },
  },
  thresholds: { action_failed: ["rate<0.01"], "action_failed{people:500}": ["rate<0.01"], history_faults: ["count==0"], socket_dropped: ["count==0"] },
};

// Short stays, so that those who are sent away at the end have left by themselves.
export default () => stay(20_000 * Math.max(SCALE, 0.5), () => during([[Infinity, "500"]]));

export const handleSummary = summary;
