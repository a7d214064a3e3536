// I: infrastructure.

import { command } from "../proof/command.mjs";
import { proved } from "../proof/tests.mjs";
import { bound } from "../verdict.mjs";

export const LINES = [
  proved({ id: "I1", what: "`GET /health`, `GET /health/ready` on every instance", floor: "yes", rust: ["health_and_readiness_name_what_there_is", "while_it_drains_an_instance_says_so_and_lets_nobody_keep_a_connection"] }),
  proved({ id: "I2", what: "nginx balances evenly, keeps a WebSocket on its instance, fails over", floor: "yes", rust: ["pages_and_sockets_work_through_nginx_and_go_on_when_an_instance_dies", "over_tls_browsers_get_http_2_kept_assets_and_even_shares_of_the_instances", "what_the_script_writes_is_what_nginx_understands"] }),
  proved({ id: "I3", what: "an instance added takes traffic, none loses sessions or sockets", floor: "yes", rust: ["the_rules_ask_for_a_fourth_instance_which_takes_its_share_and_goes_again", "instances_are_exchanged_one_after_another_and_nobody_is_refused_anything"] }),
  proved({ id: "I4", what: "hashed immutable assets, `Cache-Control`, encodings, HTTP/2 and TLS at the edge", floor: "yes", rust: ["over_tls_browsers_get_http_2_kept_assets_and_even_shares_of_the_instances", "hashed_files_are_kept_for_ever_and_what_is_not_there_is_not", "what_compresses_is_encoded_as_the_client_can_read_it", "every_kind_of_answer_says_who_may_keep_it_as_the_table_has_it"] }),
  proved({ id: "I5", what: "graceful shutdown: drain, tell clients when to return, finish writes", floor: "yes", rust: ["a_server_that_stops_sends_everyone_away_and_exits_cleanly", "a_termination_signal_ends_in_order", "while_it_drains_an_instance_says_so_and_lets_nobody_keep_a_connection"] }),
  proved({ id: "I6", what: "keep-alive, compression, request coalescing", floor: "yes", rust: ["what_compresses_is_encoded_as_the_client_can_read_it", "many_who_want_the_same_page_at_once_are_one_reading_of_each_of_its_blocks", "who_says_nothing_or_never_finishes_is_sent_away"] }),
  {
    id: "I7", what: "image, compose, Kubernetes with probes, disruption budget, autoscaler; linted", how: "`deploy/lint.sh`: linters and schemas; there is nothing here to run them with",
    bounds: [bound("complaints", "", "= 0")], measure: command(["deploy/lint.sh"], "complaints"),
  },
];
