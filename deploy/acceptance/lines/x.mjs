// X: security and reliability.

import { command } from "../proof/command.mjs";
import { policy } from "../proof/page.mjs";
import { NATIVE, prove, proved } from "../proof/tests.mjs";
import { must } from "../proof/process.mjs";
import { bound } from "../verdict.mjs";

const INPUT = ["each_bad_frame_gets_its_error_and_the_connection_stays", "too_many_bad_frames_close_the_connection_and_no_other", "bodies_that_cannot_be_messages_are_refused_and_store_nothing", "queries_that_cannot_be_meant_are_refused", "any_bytes_are_understood_or_refused_alike_however_they_are_cut", "whatever_comes_in_only_allowed_tags_come_out"];
const SAFE = ["hostile_samples_come_out_harmless", "what_a_file_is_its_bytes_say_and_nothing_active_is_served_as_what_it_is", "pictures_that_are_bombs_or_broken_are_refused", "an_address_that_is_not_of_the_public_web_is_refused", "the_address_that_was_judged_is_the_one_that_is_called", "nothing_private_is_called_nor_what_redirects_there"];

export const LINES = [
  proved({ id: "X1", what: "rate limits: 150 quick requests end in 429 with `Retry-After`, across instances", floor: "yes", rust: ["a_hundred_and_fifty_quick_requests_end_in_429_for_that_person_only", "limits_count_at_all_instances_together", "an_address_signs_in_twenty_times_a_minute"] }),
  proved({ id: "X2", what: "circuit breakers: Redis down, database down, a slow outside service", floor: "yes", rust: ["a_killed_database_is_said_at_every_door_and_everything_goes_on_when_it_is_back", "a_database_that_hangs_is_as_one_that_is_away", "without_redis_nothing_is_refused_and_readiness_says_that_it_is_missed", "while_redis_hangs_nobody_waits_for_it", "a_host_that_says_nothing_costs_the_time_that_was_given", "a_collector_that_is_away_holds_nobody_up"] }),
  proved({ id: "X3", what: "sessions: rotation, timeouts, cookie flags, sign out everywhere", floor: "yes", rust: ["over_https_the_cookie_is_secure_and_bound_to_the_host", "signing_in_ends_the_session_that_the_browser_had", "an_expired_session_is_nobody_over_http_and_on_the_socket", "another_password_ends_every_session_but_gives_a_new_one", "sessions_are_listed_and_ended_one_by_one_or_all", "a_session_that_is_used_every_day_is_over_some_day_all_the_same"] }),
  proved({
    id: "X4", what: "no message lost, doubled or out of order: kill -9 of any process, partitions, duplicate sends", floor: "none",
    how: "clients write what they saw, and the checker of histories holds it against the contract; that the checker sees faults is shown by `make test-planted`",
    rust: ["a_lone_instance_is_killed_twice", "instances_are_killed_one_after_another_and_their_clients_go_on_elsewhere", "redis_is_killed_and_comes_back_empty", "postgres_is_restarted_and_then_killed", "one_instance_is_cut_off_from_redis_and_comes_back", "nginx_is_killed_and_everybody_comes_back_through_it", "two_faults_at_a_time_as_chance_brings_them", "one_nonce_sent_many_times_at_once_is_stored_once_and_answered_each_time", "nothing_acknowledged_is_lost_and_what_was_in_the_air_is_stored_at_most_once", "everything_at_once_on_a_full_disk_is_refused_and_goes_on_when_there_is_room", "a_clock_that_is_set_back_neither_doubles_nor_misplaces_anything"],
  }),
  {
    id: "X5", what: "bad input never gives a 5xx and never harms others", rust: INPUT,
    how: `the tests ${INPUT.map((name) => `\`${name}\``).join(", ")}; \`deploy/fuzz/run.sh\`: schemathesis asks all that the API's document describes; \`deploy/fuzz/cargo.sh\`: libFuzzer's inputs for frames, Markdown, search, cursors, uploads, webhooks and imports, 10 s each (full form: 10 minutes)`,
    bounds: [bound("tests failed", "", "= 0"), bound("tests passed", "", `>= ${INPUT.length}`), bound("complaints of schemathesis", "", "= 0"), bound("fuzz targets broken", "", "= 0")],
    measure: async (stage) => {
      const { figures } = await prove(stage, { rust: INPUT });
      await must(["cargo", "build", "--quiet", ...NATIVE, "--bin", "natter"], { cwd: stage.root, seconds: 1800 });
      const asked = await command(["deploy/fuzz/run.sh", "target/debug/natter", String(stage.pick(10, 100))], "complaints of schemathesis")(stage);
      const made = await command(["deploy/fuzz/cargo.sh", String(stage.pick(10, 600))], "fuzz targets broken", 7 * stage.pick(60, 700) + 1800)(stage);
      return { figures: { ...figures, ...asked.figures, ...made.figures }, notes: [...asked.notes, ...made.notes] };
    },
  },
  {
    id: "X6", what: "strict CSP without `unsafe-inline`, XSS-safe Markdown, upload hardening, SSRF guard", rust: SAFE,
    how: `the policy of every kind of page; the tests ${SAFE.map((name) => `\`${name}\``).join(", ")}`,
    bounds: [bound("pages whose policy allows inline or eval", "", "= 0"), bound("pages asked", "", ">= 4"), bound("tests failed", "", "= 0"), bound("tests passed", "", `>= ${SAFE.length}`)],
    measure: async (stage) => {
      const asked = await policy(stage);
      return { figures: { ...asked.figures, ...(await prove(stage, { rust: SAFE })).figures } };
    },
  },
];
