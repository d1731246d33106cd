#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs each fuzz target of tests/fuzz for FUZZ_SECONDS (60). What it learns stays in build-fuzz, so
# the next run goes on from there; so does an input that breaks a target, and its path is printed.
set -euo pipefail
cd "$(dirname "$0")/.."
output=$(mktemp)
trap 'rm -f "$output"' EXIT

CC=clang tools/build.sh build-fuzz -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false \
    -Dc_args=-fno-sanitize-recover=all
meson configure build-fuzz -Dfuzz_seconds="${FUZZ_SECONDS:-60}"
meson test -C build-fuzz --suite fuzz --print-errorlogs 2>&1 | tee "$output" || true
awk -F: '/^Ok:/ { ok = $2 } /^(Fail|Timeout):/ { bad += $2 }
    END { printf "%d passed, %d failed\n", ok, bad; exit bad || !ok }' "$output"
