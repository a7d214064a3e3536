#!/usr/bin/env bash
# debian.sh GROUP: installs the packages of this group (debian-packages) that are missing.
# shellcheck source=deploy/setup/lib.sh
source "$(dirname "$0")/lib.sh"
group=$1

missing=()
while read -r of package proof; do
    [[ $of == "$group" ]] || continue
    bash -c "$proof" >/dev/null 2>&1 || missing+=("$package")
done <"$setup/debian-packages"
((${#missing[@]})) || exit 0

by_hand="install these by hand and run this again: ${missing[*]}"
has apt-get || fail "no apt-get on this system; $by_hand"

as_root=()
if ((EUID != 0)); then
    has sudo || fail "neither root nor sudo; $by_hand"
    # Without a terminal nobody could type the password.
    [[ -t 0 ]] || sudo -n true 2>/dev/null || fail "sudo wants a password and there is no terminal; $by_hand"
    as_root=(sudo)
fi

# The tests start servers of their own, on ports and folders of their own: Debian's services would
# only be in the way. This file is how Debian asks; one that is there already stays as it is.
policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then
    trap '"${as_root[@]}" rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod 755 "$policy"
fi

say "Installing Debian packages: ${missing[*]} (one to three minutes)"
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)
"${apt[@]}" update || fail "apt-get cannot read its package lists (no network?); $by_hand"
"${apt[@]}" install --yes --no-install-recommends "${missing[@]}" >/dev/null ||
    fail "apt-get could not install (its message is above); $by_hand"
