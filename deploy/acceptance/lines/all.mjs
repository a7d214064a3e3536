// Every line of the list, in its order. One file a group.

import { LINES as R } from "./r.mjs";
import { LINES as S } from "./s.mjs";
import { LINES as C } from "./c.mjs";
import { LINES as D } from "./d.mjs";
import { LINES as F } from "./f.mjs";
import { LINES as I } from "./i.mjs";
import { LINES as M } from "./m.mjs";
import { LINES as X } from "./x.mjs";
import { LINES as W } from "./w.mjs";
import { LINES as P } from "./p.mjs";

export const LINES = [R, S, C, D, F, I, M, X, W, P].flat();
