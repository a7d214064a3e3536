// S10: 800 people for 30 minutes.

import { SCALE, during, seconds, stay, summary } from "./people.js";

const PEOPLE = Number(__ENV.PEOPLE || 800);

export const options = {
  scenarios: {
    soak: {
      executor: "ramping-vus", startVUs: 1, gracefulStop: "15s", gracefulRampDown: "15s",
      stages: [{ duration: seconds(60), target: PEOPLE }, { duration: seconds(1800), target: PEOPLE }],
    },
  },
  thresholds: { action_failed: ["rate<0.01"], http_req_duration: ["med<200", "p(95)<500"], history_faults: ["count==0"], socket_dropped: ["count==0"] },
};

export default () => stay(600_000 * Math.max(SCALE, 0.05), () => during([[Infinity, "800"]]));

export const handleSummary = summary;
