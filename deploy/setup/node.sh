#!/usr/bin/env bash
# A recent enough Node, and node_modules exactly as package-lock.json has it.
# shellcheck source=deploy/setup/lib.sh
source "$(dirname "$0")/lib.sh"

wanted="Node $NODE_MAJOR or newer, with npm, is needed"
has node || fail "$wanted and there is none: install it and run this again"
has npm || fail "$wanted, and npm is missing: install it and run this again"
have=$(node --version)
major=${have#v}
((${major%%.*} >= NODE_MAJOR)) || fail "$wanted, found $have: update it and run this again"

# npm writes this file last of all, so it is also the proof of a complete installation.
installed=node_modules/.package-lock.json
if [[ ! -e $installed || package-lock.json -nt $installed || package.json -nt $installed ]]; then
    say "Installing Node packages: wasm-opt, Playwright (half a minute)"
    npm ci --no-audit --no-fund --loglevel=error ||
        fail "npm could not install (no network, or package.json and its lock differ): run 'npm ci' to see why"
    touch "$installed"
fi
