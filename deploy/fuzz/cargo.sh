#!/usr/bin/env bash
# Lets libFuzzer make up what anybody may send. Usage: deploy/fuzz/cargo.sh SECONDS [TARGET…], so many seconds for each
# target of deploy/fuzz/cargo. What it found out stays in target/fuzz/corpus for the next time; what breaks something is
# in target/fuzz/artifacts, and ends this with 1.
# shellcheck source=deploy/setup/lib.sh
source "$(dirname "$0")/../setup/lib.sh"

seconds=${1:?fuzz: how many seconds for each target?}
shift
home=deploy/fuzz/cargo found=target/fuzz
targets=("$@")
((${#targets[@]})) || mapfile -t targets < <(sed -n 's/^name = "\(.*\)"$/\1/p' "$home/Cargo.toml" | tail -n +2)
fuzz=${XDG_CACHE_HOME:-${HOME:?fuzz: neither HOME nor XDG_CACHE_HOME is set}/.cache}/natter/cargo-fuzz-$CARGO_FUZZ_VERSION/bin/cargo-fuzz

# The program may use what the compiler does not promise yet; only this command does.
export RUSTC_BOOTSTRAP=1 CARGO_NET_GIT_FETCH_WITH_CLI=true
# Our own code is free of `unsafe`; without a sanitizer it is four times the inputs.
options=(--fuzz-dir "$home" --target-dir "$found/build" --sanitizer none)
say "Building ${#targets[@]} fuzz targets (the first time about 8 minutes on two cores)"
"$fuzz" build "${options[@]}"
failed=()
for target in "${targets[@]}"; do
    say "Fuzzing $target for $seconds s"
    mkdir -p "$found/corpus/$target" "$found/artifacts/$target"
    # Pictures take memory, within limits of their own.
    "$fuzz" run "${options[@]}" "$target" "$found/corpus/$target" "$home/seeds/$target" -- \
        -max_total_time="$seconds" -timeout=30 -rss_limit_mb=2048 -print_final_stats=1 -verbosity=1 \
        -artifact_prefix="$found/artifacts/$target/" 2>"$found/$target.log" || failed+=("$target")
    grep -E 'stat::(number_of_executed_units|average_exec_per_sec|peak_rss_mb)|SUMMARY|panicked' "$found/$target.log" || true
done
((${#failed[@]} == 0)) || fail "broken by something made up: ${failed[*]} (see $found/*.log and $found/artifacts)"
