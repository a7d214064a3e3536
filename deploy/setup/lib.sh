# shellcheck shell=bash
# What the set-up scripts share. Sourced, never run; leaves the caller at the top of the checkout.
set -euo pipefail

setup=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$setup/../.."

# shellcheck source=deploy/setup/versions.env
source "$setup/versions.env"

say() { printf '\n==> %s\n' "$*"; }

fail() {
    printf '\nset-up: %s\n' "$*" >&2
    exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }
