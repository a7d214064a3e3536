// P: the peer, a chat as most teams would write it. Not on the list, which asks for R6's comparison.

import { peers } from "../proof/peers.mjs";
import { bound } from "../verdict.mjs";

export const LINES = [
  {
    id: "P1", what: "beside a Socket.IO, Redis and PostgreSQL chat, same work, same run", floor: "reported", aim: "Natter is ahead in each",
    how: "`deploy/load/peers`: as many people in as many rooms, the same messages at the same moments by the same generator, each chat on one core with the same PostgreSQL and Redis, in turns (full form: three, medians). Ratios are Natter's over the other's",
    bounds: [bound("deliveries a CPU second, ratio", "", "> 0", "> 1"), bound("p99, ratio", "", "> 0", "< 1"), bound("memory a socket, ratio", "", "> 0", "< 1")],
    measure: peers,
  },
];
