#!/usr/bin/env bash
# The toolchain that rust-toolchain.toml names, with what a browser build and `make check` need.
# shellcheck source=deploy/setup/lib.sh
source "$(dirname "$0")/lib.sh"

target=wasm32-unknown-unknown
wanted=$(sed -n 's/^channel = "\(.*\)"$/\1/p' rust-toolchain.toml)

# Were rustup left to install by itself here, it would do so for a minute without a word from us.
active() { RUSTUP_AUTO_INSTALL=0 rustc --version 2>/dev/null | cut -d' ' -f2; }
have=$(active || true)

if [[ $have != "$wanted" ]]; then
    has rustup || fail "Rust $wanted is needed, found ${have:-none}: install rustup (https://rustup.rs) and run this again"
    # An override wins over rust-toolchain.toml, whatever is installed.
    [[ -z ${RUSTUP_TOOLCHAIN:-} ]] ||
        fail "Rust $wanted is needed, but RUSTUP_TOOLCHAIN=$RUSTUP_TOOLCHAIN is set: unset it and run this again"
    say "Installing Rust $wanted with rustup (about a minute)"
    rustup toolchain install "$wanted" --profile minimal --component rustfmt,clippy --target "$target" ||
        fail "rustup could not install Rust $wanted (no network?): when it can, run: rustup toolchain install $wanted"
    [[ $(active) == "$wanted" ]] || fail "Rust $wanted is installed but not active here: see 'rustup show'"
fi

# Asked of the compiler, not of rustup: Rust may have come another way.
if [[ ! -d $(rustc --print sysroot)/lib/rustlib/$target ]]; then
    has rustup || fail "Rust has no $target and there is no rustup to add it: install that target and run this again"
    say "Adding the target $target (a few seconds)"
    rustup target add "$target" ||
        fail "rustup could not add the target (no network?): when it can, run: rustup target add $target"
fi

if ! { cargo fmt --version && cargo clippy --version; } >/dev/null 2>&1; then
    has rustup || fail "rustfmt or clippy is missing: install them for Rust $wanted and run this again"
    say "Adding rustfmt and clippy (a few seconds)"
    rustup component add rustfmt clippy ||
        fail "rustup could not add them (no network?): when it can, run: rustup component add rustfmt clippy"
fi
