#!/usr/bin/env bash
# Known vulnerabilities among the dependencies. The list is another project's repository: that it
# cannot be reached says nothing about this code, so that is a loud line and not a failure.
# shellcheck source=deploy/setup/lib.sh
source "$(dirname "$0")/lib.sh"

deny=(cargo deny --config deploy/setup/deny.toml)
say "Known vulnerabilities of the dependencies (seconds; the first time fetches the list)"
if "${deny[@]}" fetch db >/dev/null 2>&1; then
    "${deny[@]}" check --disable-fetch advisories
else
    echo "NOT CHECKED: the list of advisories cannot be fetched (no network?); run 'make check' where it can." >&2
fi
