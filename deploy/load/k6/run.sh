#!/usr/bin/env bash
# Plays a scenario with k6. Usage: deploy/load/k6/run.sh ramp|spike|soak, with TOKENS (a file that `natter seed` wrote), URL,
# and, if they are to be others, SCALE (of all times, 1), PEOPLE, THINK (seconds between two actions of a person), SUMMARY.
# Ends with 99 when a threshold, which is a floor of the acceptance list, was crossed.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
scenario=${1:?k6: which scenario?}
export K6_NO_USAGE_REPORT=true
k6=$("$here/../../setup/k6.sh" --path)
code=0
"$k6" run --quiet --no-color --address '' --summary-trend-stats 'avg,med,p(95),p(99),max' "$here/$scenario.js" || code=$?
# The children's user and system time, on the last line of `times`; in a pipe it would tell of the pipe's own.
used=$(mktemp) && times >"$used"
awk 'NR == 2 { gsub(/[ms]/, " "); printf "generator CPU seconds: %.2f\n", $1 * 60 + $2 + $3 * 60 + $4 }' "$used" >&2
rm "$used"
exit "$code"
