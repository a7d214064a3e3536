// D: the database.

import { figure } from "../proof/criterion.mjs";
import { proved } from "../proof/tests.mjs";
import { bound } from "../verdict.mjs";

const ENGINES = ["SQLite", "PostgreSQL"];
const worst = async (stage, what) => Math.max(...(await Promise.all(ENGINES.map((engine) => figure(stage, what, engine)))));

export const LINES = [
  proved({ id: "D1", what: "pool of 10 to 50, idle connections released, 100 concurrent queries without a timeout", floor: "yes", rust: ["an_instance_opens_the_connections_that_it_keeps_before_anyone_needs_them", "a_hundred_questions_at_once_are_all_answered"] }),
  proved({ id: "D2", what: "every query a user can trigger uses an index, in both engines", floor: "yes", rust: ["every_query_runs_on_an_index", "the_list_of_statements_is_complete"] }),
  {
    id: "D3", what: "query times over a room of 1,000,000 messages (short form: 100,000)", how: "`cargo bench --bench figures`, either engine, the worse one: the newest 50, 50 anywhere, the last 100 changes, where the room stands; Criterion's median, the worst of three rounds",
    bounds: [bound("newest 50", "ms", "< 10", "< 1"), bound("slowest question", "ms", "< 50")],
    measure: async (stage) => {
      const questions = ["50 anywhere in it", "its last 100 changes", "where it stands, and may one read it", "a session looked up"];
      const slowest = Math.max(...(await Promise.all(questions.map((what) => worst(stage, what)))));
      return { figures: { "newest 50": await worst(stage, "newest 50 of the long room"), "slowest question": slowest } };
    },
  },
  proved({ id: "D4", what: "no N+1: queries per request are counted", floor: "yes", rust: ["every_request_asks_what_is_noted_here_however_much_there_is", "a_question_takes_as_many_statements_for_many_rows_as_for_few"] }),
  proved({ id: "D5", what: "keyset paging only", floor: "yes", rust: ["pages_lead_both_ways_and_say_when_there_is_more", "pages_neither_skip_nor_repeat_while_messages_arrive_and_go", "members_are_paged_by_name_in_any_case", "every_query_runs_on_an_index"] }),
  proved({ id: "D6", what: "read replica by configuration, with read-your-writes", floor: "yes", rust: ["a_replica_that_has_replayed_everything_answers_for_old_pages_alone", "a_replica_that_lags_is_passed_over", "a_replica_that_hangs_or_is_gone_is_passed_over"] }),
  proved({ id: "D7", what: "statement and lock timeouts; pool acquisition bounded", floor: "yes", rust: ["a_server_that_hangs_is_given_up_soon_and_then_at_once_and_comes_back_by_itself", "a_database_that_hangs_is_as_one_that_is_away"] }),
  {
    id: "D8", what: "1,000 messages in one batch, all or nothing", how: "`cargo bench --bench figures`, the slower engine; that a batch is whole or not at all is shown by `a_batch_is_stored_whole_or_not_at_all` (D7's neighbours)",
    bounds: [bound("batch", "ms", "< 100")], measure: async (stage) => ({ figures: { batch: await worst(stage, "1,000 messages in one batch") } }),
  },
  proved({
    id: "D9", what: "maintenance: reports of bloat, unused indexes and slow queries, statistics, checkpoints, backup", floor: "yes",
    rust: ["an_owner_without_special_rights_gets_reports_with_slow_queries_and_renews_statistics", "the_doctor_looks_at_either_engine_and_warns_by_its_exit_code", "a_backup_is_of_one_moment_while_everything_goes_on", "closing_leaves_one_file"],
  }),
];
