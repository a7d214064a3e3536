// S: scale.

import { bench, percentiles } from "../proof/bench.mjs";
import { crowd } from "../proof/crowd.mjs";
import { MIB, k6, plots } from "../proof/k6.mjs";
import { blackout } from "../proof/rolling.mjs";
import { proved } from "../proof/tests.mjs";
import { bound, percentile } from "../verdict.mjs";

const idle = (stage) => bench(stage, "idle", { options: ["--connections", "10000", "--rooms", "200", "--connect-rate", "2000", "--duration", String(stage.pick(5, 30))] });

export const LINES = [
  {
    id: "S1", what: "people connected at once",
    how: "`natter-load idle`: 10,000 on one instance, and in the full form 50,000 on three (three generators, addresses of their own); bytes for 100,000 from the slope between 1,000 and 10,000",
    bounds: [bound("on one instance", "", ">= 1000", ">= 10000"), bound("on three", "", ">= 1000", ">= 50000")],
    measure: async (stage) => {
      const found = await idle(stage);
      const little = await bench(stage, "idle", { name: "idle-1000", options: ["--connections", "1000", "--rooms", "20", "--duration", "5"] });
      const bytes = (of) => of.median("/server/idle/rss");
      const each = (bytes(found) - bytes(little)) / 9000;
      const three = await crowd(stage);
      const points = [[1000, bytes(little) / MIB], [10000, bytes(found) / MIB]];
      return {
        figures: { "on one instance": found.median("/connections/count"), "on three": three.connected, "memory for 100,000 (extrapolated)": (bytes(found) + each * 90000) / MIB },
        notes: ["memory in MiB", ...three.notes, ...found.failures],
        plots: [{ title: "S1: memory against people connected", x: "people", y: "MiB", series: [{ name: "resident, one instance", points }] }],
      };
    },
  },
  {
    id: "S2", what: "messages a minute, delivered in full",
    how: "`natter-load bench busy`: 1,000 connections, 20 rooms of 50, 100,000 messages a minute, every delivery to every receiver checked",
    bounds: [bound("messages a minute", "", ">= 10000", ">= 99000"), bound("lost, doubled or out of order", "", "= 0")],
    measure: async (stage) => {
      const found = await bench(stage, "busy", { options: ["--duration", String(stage.pick(10, 60))] });
      const faults = ["lost", "doubled", "out_of_order", "gaps", "misnumbered", "altered"].reduce((sum, name) => sum + found.median(`/faults/${name}`), 0);
      const figures = { "messages a minute": Math.round(60 * found.median("/messages/acknowledged_per_second")), "lost, doubled or out of order": faults };
      const { p50, p99 } = percentiles(found, "/messages/delivery_ms");
      return { figures: { ...figures, "deliveries a second": Math.round(found.median("/messages/delivered_per_second")), "delivery p50": p50, "delivery p99": p99 }, notes: [...found.failures, ...found.notes] };
    },
  },
  {
    id: "S3", what: "WebSockets an instance", how: "`natter-load bench idle` with 10,000 connections, each with its rooms open",
    bounds: [bound("sockets", "", ">= 500", ">= 10000"), bound("memory each, proportional", "KiB", "> 0", "<= 8")],
    measure: async (stage) => {
      const found = await idle(stage);
      return {
        figures: { sockets: found.median("/connections/count"), "memory each, proportional": found.median("/server/pss_per_connection") / 1024, "resident, KiB": found.median("/server/rss_per_connection") / 1024 },
        notes: found.failures,
      };
    },
  },
  proved({
    id: "S4", what: "three instances act as one behind a balancer, and one may be killed at any moment", floor: "yes, nothing lost",
    rust: ["instances_are_killed_one_after_another_and_their_clients_go_on_elsewhere", "pages_and_sockets_work_through_nginx_and_go_on_when_an_instance_dies", "an_instance_that_dies_costs_no_reader_anything", "two_faults_at_a_time_as_chance_brings_them"],
  }),
  {
    id: "S5", what: "deploy without downtime",
    how: "the test `instances_are_exchanged_one_after_another_and_nobody_is_refused_anything` with 60 listeners and 6 writers (full form: 1,000 and 10), which prints how long people were away",
    bounds: [bound("tests failed", "", "= 0"), bound("blackout, p95", "ms", "< 10000", "< 1000")], rust: ["instances_are_exchanged_one_after_another_and_nobody_is_refused_anything"],
    measure: blackout,
  },
  proved({
    id: "S6", what: "automatic scaling: triggers defined and shown to fire", floor: "yes", aim: "on connections and delivery latency",
    rust: ["the_rules_ask_for_a_fourth_instance_which_takes_its_share_and_goes_again", "alerts_fire_by_what_they_are_about_and_go_when_that_is_over"],
  }),
  proved({
    id: "S7", what: "sessions valid on every instance, and after restarts", floor: "yes",
    rust: ["sessions_and_tokens_stand_at_every_instance_and_after_every_restart", "who_signs_out_at_one_instance_is_out_at_all_of_them", "sessions_and_tokens_outlive_a_restart"],
  }),
  {
    id: "S8", what: "k6 ramp 100 → 500 → 1,000 users",
    how: "`deploy/load/k6/ramp.js` against three instances, PostgreSQL, Redis and nginx on one core, k6 on the other (short form: 4 % of the times); CPU is a share of that core",
    bounds: [bound("errors at 100", "%", "= 0"), bound("errors at 500", "%", "< 1", "= 0"), bound("errors at 1,000", "%", "< 2", "= 0"), bound("CPU with 1,000", "%", "< 80"), bound("lost, doubled or out of order", "", "= 0"), bound("memory rises by", "KiB a minute", "< 4096", "< 512")],
    measure: async (stage) => {
      const found = await k6(stage, "ramp");
      const cost = costs(found);
      return {
        figures: {
          "errors at 100": found.errorsAt[100], "errors at 500": found.errorsAt[500], "errors at 1,000": found.errorsAt[1000], "CPU with 1,000": cost.at(-1)?.cpu ?? NaN, "CPU over all": found.server, "lost, doubled or out of order": found.faults,
          "memory rises by": found.leak, requests: found.requests, p50: found.p50, p95: found.p95, "dropped connections": found.dropped, "k6's own CPU, %": found.generator,
        },
        notes: [`${found.users} people, ${found.scale} of the times`], plots: [...plots("S8 ramp", found), ...costPlots(cost)], unjudged: stage.pick(["memory rises by"], []),
      };
    },
  },
  {
    id: "S9", what: "k6 spike 0 → 500 in 30 s and back", how: "`deploy/load/k6/spike.js`, as S8 (short form: 15 % of the times); recovered is when a list of rooms takes again less than twice what it took with nobody there, or 50 ms",
    bounds: [bound("dropped connections", "", "= 0"), bound("errors", "%", "< 1", "= 0"), bound("recovered after", "s", "< 30", "< 2")],
    measure: async (stage) => {
      const found = await k6(stage, "spike");
      return {
        figures: { "dropped connections": found.dropped, errors: found.errors, "recovered after": recovery(found), "lost, doubled or out of order": found.faults, "servers' CPU, %": found.server, "k6's own CPU, %": found.generator },
        notes: [`${found.users} people, ${found.scale} of the times`], plots: plots("S9 spike", found),
      };
    },
  },
  {
    id: "S10", what: "k6 soak: 800 users, 30 min", how: "`deploy/load/k6/soak.js`, as S8 (short form: 2 % of the times); the second half's latency beside the first's, and how memory rises in the second half",
    bounds: [bound("errors", "%", "< 1", "= 0"), bound("second half's latency over the first's", "", "< 2", "< 1.2"), bound("memory rises by", "KiB a minute", "< 1024", "< 64")],
    measure: async (stage) => {
      const found = await k6(stage, "soak");
      const probe = found.seen.probe.map(([, ms]) => ms).filter(Number.isFinite);
      const half = Math.floor(probe.length / 2);
      return {
        figures: { errors: found.errors, "second half's latency over the first's": percentile(probe.slice(half), 0.5) / percentile(probe.slice(0, half), 0.5), "memory rises by": found.leak, "largest instance, MiB": found.memory / MIB, "dropped connections": found.dropped, "lost, doubled or out of order": found.faults, "servers' CPU, %": found.server, "k6's own CPU, %": found.generator },
        notes: [`${found.users} people, ${found.scale} of the times`], plots: plots("S10 soak", found),
        // Half a minute has no slope that means anything.
        unjudged: stage.pick(["memory rises by", "second half's latency over the first's"], []),
      };
    },
  },
  {
    id: "S11", what: "per instance: CPU, memory, Redis memory, database connections", how: "read while S8 runs with 1,000 people on three instances: the busiest and the largest instance",
    bounds: [bound("CPU", "%", "< 70"), bound("memory", "MiB", "< 2048", "< 300"), bound("Redis memory", "MiB", "< 1024"), bound("database connections", "", "< 40")],
    measure: async (stage) => {
      const found = await k6(stage, "ramp");
      return { figures: { CPU: found.instance, memory: found.memory / MIB, "Redis memory": found.redis / MIB, "database connections": found.connections / 3 }, notes: Object.entries(found.cpu).filter(([, share]) => share > 1).map(([name, share]) => `${name} ${share.toFixed(0)} % CPU`) };
    },
  },
];

// The list's seconds in which so many of the people are there, as deploy/load/k6/ramp.js has them come.
const HELD = [[0.1, 15, 135], [0.5, 165, 465], [1, 525, 1425]];

// What so many people cost: the share of their core that all servers used, and the memory of all instances, in MiB.
function costs({ seen, scale, users }) {
  const spent = (used) => Object.values(used).reduce((sum, { cpu }) => sum + cpu, 0);
  return HELD.map(([part, from, to]) => {
    const held = seen.use.filter(([at]) => at >= from * scale && at <= to * scale);
    if (held.length < 2) return null;
    const [first, last] = [held[0], held.at(-1)];
    const memory = last[2].reduce((sum, { bytes }) => sum + bytes, 0) / MIB;
    return { people: part * users, cpu: (100 * (spent(last[1]) - spent(first[1]))) / (last[0] - first[0]), memory };
  }).filter(Boolean);
}

function costPlots(points) {
  const series = (name, of) => [{ name, points: points.map((point) => [point.people, of(point)]) }];
  return [
    { title: "S8 ramp: what so many people cost, CPU", x: "people", y: "% of a core", series: series("all servers", ({ cpu }) => cpu) },
    { title: "S8 ramp: what so many people cost, memory", x: "people", y: "MiB", series: series("three instances", ({ memory }) => memory) },
  ];
}

// Seconds from when the spike was over to the last probe that was slow.
function recovery({ seen, seconds }) {
  const probe = seen.probe;
  const quiet = percentile(probe.slice(0, 3).map(([, ms]) => ms).filter(Number.isFinite), 0.5) ?? 0;
  const limit = Math.max(2 * quiet, 50);
  const over = seconds * (150 / 180);
  const slow = probe.filter(([at, ms]) => at > over && !(ms <= limit)).map(([at]) => at - over);
  return slow.length ? Math.max(...slow) : 0;
}
