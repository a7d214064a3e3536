#!/usr/bin/env bash
# Asks a server of its own everything that its /api/openapi.json describes, and much that it does not. Usage:
# deploy/fuzz/run.sh SERVER [EXAMPLES], with SERVER the path of the binary.
# shellcheck source=deploy/setup/lib.sh
source "$(dirname "$0")/../setup/lib.sh"

server=${1:?fuzz: which server?} examples=${2:-100}
tools=${XDG_CACHE_HOME:-${HOME:?fuzz: neither HOME nor XDG_CACHE_HOME is set}/.cache}/natter
tool=$tools/schemathesis-$SCHEMATHESIS_VERSION

if [[ ! -x $tool/bin/schemathesis ]]; then
    say "Installing schemathesis $SCHEMATHESIS_VERSION, once for all clones (a minute)"
    has python3 || fail "python3 is needed"
    rm -rf "$tool" && python3 -m venv "$tool"
    "$tool/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$SCHEMATHESIS_VERSION" ||
        { rm -rf "$tool" && fail "schemathesis could not be installed (it needs the network once): run this again"; }
fi

work=$(mktemp -d)
trap '[[ -z ${pid:-} ]] || kill "$pid"; rm -rf "$work"' EXIT
mkdir -p "$work/site/pkg"
NATTER_ADDR=127.0.0.1:0 DATABASE_URL="sqlite://$work/natter.db" NATTER_SITE_ROOT="$work/site" NATTER_LIMITS=off \
    RUST_LOG=warn "$server" serve >"$work/out" &
pid=$!
until grep -q 'listens on' "$work/out"; do
    kill -0 "$pid" 2>/dev/null || fail "the server did not start"
    sleep 0.1
done
url=$(grep -o 'http://[0-9.:]*' "$work/out" | head -n 1)

field() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }
post() {
    curl --silent --show-error --fail --cookie-jar "$work/cookies" --cookie "$work/cookies" --header "origin: $url" \
        --header 'content-type: application/json' --data "$2" "$url/api/$1"
}
post auth/register '{"username":"fuzz","password":"correct horse battery"}' >/dev/null
token=$(post tokens '{"name":"fuzz"}' | field token)
"$tool/bin/schemathesis" --config-file deploy/fuzz/schemathesis.toml run "$url/api/openapi.json" \
    --header "Authorization: Bearer $token" --max-examples "$examples" --no-color
