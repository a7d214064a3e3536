// M: metrics.

import { proved } from "../proof/tests.mjs";

export const LINES = [
  proved({ id: "M1", what: "metrics with sensible buckets and bounded labels", floor: "yes", rust: ["every_metric_is_there_from_the_start_and_described_as_it_is", "every_metric_that_has_something_to_measure_is_there", "requests_are_counted_under_their_route_and_method_and_never_under_what_a_client_makes_up"] }),
  proved({ id: "M2", what: "Grafana dashboards as code", floor: "yes", rust: ["the_dashboards_are_as_their_source_says_and_ask_for_what_there_is"] }),
  proved({ id: "M3", what: "alerts, each with a test by `promtool test rules` and a runbook entry", floor: "yes", rust: ["the_rules_do_what_they_say_and_ask_for_what_there_is", "every_alert_is_tried_and_has_an_entry_in_the_runbook", "alerts_fire_by_what_they_are_about_and_go_when_that_is_over"] }),
  proved({ id: "M4", what: "structured logs with request ids; traces when configured", floor: "yes", rust: ["the_log_for_programs_has_one_object_a_line_with_the_name_of_the_request", "a_request_and_what_it_asks_the_store_are_told_under_the_trace_that_the_proxy_began"] }),
];
