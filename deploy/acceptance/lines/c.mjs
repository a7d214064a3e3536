// C: caches, Redis.

import { readiness } from "../proof/cluster.mjs";
import { bench } from "../proof/bench.mjs";
import { figure } from "../proof/criterion.mjs";
import { proved } from "../proof/tests.mjs";
import { bound } from "../verdict.mjs";

export const LINES = [
  {
    id: "C1", what: "Redis configured, healthy, named in readiness", how: "`GET /health/ready` of each of three instances",
    bounds: [bound("instances that name Redis as up", "", "= 3")], measure: readiness,
  },
  proved({
    id: "C2", what: "API responses cached, with `ETag` and 304", floor: "yes",
    rust: ["every_get_that_can_be_kept_has_a_weak_tag_and_honours_it", "a_page_that_did_not_change_is_not_sent_again", "every_kind_of_answer_says_who_may_keep_it_as_the_table_has_it"],
  }),
  {
    id: "C3", what: "hit rate on static data", how: "`natter-load bench mix`, 200 people: reads of rooms, and of the blocks that pages are put together from, that a cache answered, by the server's own counters",
    bounds: [bound("rooms and blocks", "%", "> 80", ">= 95")],
    measure: async (stage) => {
      const found = await bench(stage, "mix", { name: "mix-200", options: ["--rate", "3000", "--duration", String(stage.pick(15, 60)), "--warmup", String(stage.pick(8, 20))], given: ["--messages", "20000"] });
      return { figures: { "rooms and blocks": 100 * found.median("/mix/hit_rate"), "answered with 304, % of what was asked again": 100 * found.median("/mix/unchanged_share") }, notes: found.failures };
    },
  },
  proved({
    id: "C4", what: "no write is followed by a stale read by the writer", floor: "never",
    rust: ["a_writer_reads_what_it_wrote_however_many_read_and_write_at_once", "a_load_that_began_before_another_instance_forgot_is_not_kept", "whoever_loses_the_right_to_read_gets_neither_page_nor_304"],
  }),
  proved({
    id: "C5", what: "sessions in Redis, backed by the database", floor: "yes",
    rust: ["sessions_go_on_without_redis_and_one_that_ended_meanwhile_is_over_when_it_is_back", "a_session_is_known_to_every_instance", "sessions_and_tokens_stand_at_every_instance_and_after_every_restart"],
  }),
  proved({ id: "C6", what: "pub/sub carries every event between instances", floor: "yes", rust: ["every_subscriber_on_every_instance_is_told", "every_kind_of_event_arrives_as_it_was", "what_one_instance_could_not_send_the_others_are_told_to_compare"] }),
  {
    id: "C7", what: "warmed on start", how: "a server with 20,000 messages is started; misses of its cache of rooms and blocks before anybody asked are what it warmed, and the first reader of the newest page of the room that everybody is in adds none",
    bounds: [bound("loaded before anybody asked", "", ">= 1"), bound("missed by the first reader", "", "= 0")],
    measure: async (stage) => (await import("../proof/warm.mjs")).warmed(stage),
  },
  {
    id: "C8", what: "a cached read", how: "`cargo bench --bench figures`: a kept page of 50; Criterion's median, the worst of three rounds",
    bounds: [bound("in process", "ms", "< 5", "< 0.5"), bound("Redis", "ms", "< 5", "< 1")],
    measure: async (stage) => ({ figures: { "in process": await figure(stage, "a kept page of 50", "memory"), Redis: await figure(stage, "a kept page of 50", "Redis") } }),
  },
  proved({
    id: "C9", what: "Redis killed and restarted: reconnects by itself, nothing lost, no request failed", floor: "yes",
    rust: ["redis_is_killed_and_comes_back_empty", "subscriptions_come_back_with_redis_and_tell_of_the_gap", "without_redis_nothing_is_refused_and_readiness_says_that_it_is_missed", "redis_hangs_for_ten_seconds_in_which_people_write_on"],
  }),
  proved({ id: "C10", what: "identical concurrent reads are coalesced into one", floor: "yes", rust: ["many_who_want_the_same_page_at_once_are_one_reading_of_each_of_its_blocks", "identical_loads_at_the_same_time_are_one"] }),
];
