// What the pages around the rooms attend to, loaded by those that have any of it: lists that follow what happens, having
// this browser told, and times as the reader's clock shows them.

import { showHours, showMoments } from "./attention/hours.js";
import { followList } from "./attention/list.js";
import { offerPush } from "./attention/push.js";

followList(document.querySelector("[data-follows]"));
offerPush(document.querySelector("[data-push]"));
showHours(document.querySelector("[data-quiet]"));
showMoments();
