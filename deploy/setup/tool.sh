#!/usr/bin/env bash
# tool.sh NAME…: puts each tool, in its pinned version, into the user's cache folder unless it is there.
# tool.sh --path: the folders of all of them, for PATH.
# shellcheck source=deploy/setup/lib.sh
source "$(dirname "$0")/lib.sh"

# Per version and per user, so that a second clone builds nothing and no version overwrites another.
tools=${XDG_CACHE_HOME:-${HOME:?set-up: neither HOME nor XDG_CACHE_HOME is set}/.cache}/natter

# The CLI refuses a module made by another version of the crate, so the crate decides.
wasm_bindgen_version() {
    awk '/^name = "wasm-bindgen"$/ { getline; gsub(/version = |"/, ""); print; exit }' Cargo.lock
}

describe() {
    crate=$1 flags=(--locked) level=1
    case $1 in
        # Most of it is a JavaScript compiler, used to minify a few kilobytes: not worth optimising.
        cargo-leptos) version=$CARGO_LEPTOS_VERSION level=0 takes="5 to 10 minutes" ;;
        # Its own lock file names a version that cannot be had, so no --locked.
        wasm-bindgen) version=$(wasm_bindgen_version) crate=wasm-bindgen-cli flags=() takes="2 minutes" ;;
        cargo-nextest) version=$CARGO_NEXTEST_VERSION takes="4 minutes" ;;
        cargo-deny) version=$CARGO_DENY_VERSION takes="3 minutes" ;;
        cargo-fuzz) version=$CARGO_FUZZ_VERSION takes="a minute" ;;
        *) fail "no tool named '$1'" ;;
    esac
    folder=$tools/$1-$version
}

# Upstream's own prebuilt program, only for those who have cargo-binstall anyway. Wrong version, or
# one that does not start on this system, and we build.
download() {
    has cargo-binstall || return 1
    timeout 120 cargo-binstall --no-confirm --disable-strategies quick-install,compile \
        --root "$work" "$crate@$version" >/dev/null 2>&1 || return 1
    "$work/bin/$1" --version 2>/dev/null | grep -qF "$version"
}

build() {
    local quiet=(--quiet)
    [[ -t 2 ]] && quiet=()
    CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_DEBUG=0 \
        CARGO_PROFILE_RELEASE_OPT_LEVEL=$level \
        cargo install "${quiet[@]}" "${flags[@]}" --root "$work" --target-dir "$work/target" "$crate@$version" ||
        fail "$crate $version could not be built (cargo's message is above; it needs the network once): run this again"
}

# Into a folder of its own first: what is at its final place is complete, even when this is
# interrupted or two clones do it at once.
provide() (
    { mkdir -p "$tools" && work=$(mktemp -d "$tools/.building-XXXXXX"); } || fail "cannot write to $tools"
    trap 'rm -rf "$work"' EXIT
    say "Installing $1 $version, once for all clones (about $takes on two cores)"
    download "$1" || build
    rm -rf "$work/target"
    # Another clone may have been quicker; what is there without a program in it is of no use to anyone.
    [[ -x $folder/bin/$1 ]] || rm -rf "$folder"
    mv -T "$work" "$folder" 2>/dev/null || [[ -x $folder/bin/$1 ]] || fail "cannot write to $tools"
)

if [[ $1 == --path ]]; then
    path=()
    for name in cargo-leptos wasm-bindgen cargo-nextest cargo-deny cargo-fuzz; do
        describe "$name"
        path+=("$folder/bin")
    done
    (IFS=: && echo "${path[*]}")
    exit
fi

for name in "$@"; do
    describe "$name"
    [[ -x $folder/bin/$name ]] || provide "$name"
done
