#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs each fuzz target of tests/fuzz for FUZZ_SECONDS (60). What it learns stays in .cache/fuzz;
# an input that breaks a target is kept there too, and its path printed.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${FUZZ_SECONDS:-60}
broken=0 ran=0

CC=clang tools/build.sh build-fuzz -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false \
    -Dc_args=-fno-sanitize-recover=all
for target in build-fuzz/tests/fuzz/fuzz_*; do
    [ -f "$target" ] && [ -x "$target" ] || continue
    name=${target##*/fuzz_}
    learnt=.cache/fuzz/$name
    mkdir -p "$learnt"
    corpus=("$learnt")
    [ -d "tests/fuzz/corpus/$name" ] && corpus+=("tests/fuzz/corpus/$name")
    printf '== %s for %d s\n' "$name" "$seconds"
    G_SLICE=always-malloc G_DEBUG=fatal-warnings "$target" -max_total_time="$seconds" -timeout=10 \
        -rss_limit_mb=2048 -print_final_stats=1 -verbosity=0 -artifact_prefix="$learnt/broken-" \
        "${corpus[@]}" </dev/null || broken=$((broken + 1))
    ran=$((ran + 1))
done
printf '%d passed, %d failed\n' $((ran - broken)) "$broken"
[ "$ran" -gt 0 ] && [ "$broken" = 0 ]
