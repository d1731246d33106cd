#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Everything that must hold before a change lands: both compilers, the unit and contract tests
# plain and under the sanitizers, the checks of the source, and the end-to-end tests. A build that
# fails ends the run; a test that fails is counted, and the rest still runs.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
passed=0 failed=0 skipped=0
output=$(mktemp)
trap 'rm -f "$output"' EXIT

step() {
    printf '\n== %s (after %d s)\n' "$*" "$SECONDS"
}

build() {
    tools/build.sh "$@" || {
        printf '%s does not build\n' "$1"
        printf '%d passed, %d failed\n' "$passed" $((failed + 1))
        exit 1
    }
}

# count STATUS PASSED FAILED SKIPPED: a runner that fails without a failed test has failed itself.
count() {
    passed=$((passed + $2)) failed=$((failed + $3)) skipped=$((skipped + $4))
    if [ "$1" != 0 ] && [ "$3" = 0 ]; then
        failed=$((failed + 1))
    fi
}

of_meson() {
    awk -v names="$1" 'BEGIN { FS = ":" } index(names, "|" $1 "|") { n += $2 } END { print n + 0 }' \
        "$output"
}

unit() {
    local status
    meson test -C "$@" --no-rebuild --print-errorlogs 2>&1 | tee "$output"
    status=${PIPESTATUS[0]}
    count "$status" "$(of_meson '|Ok|Expected Fail|')" "$(of_meson '|Fail|Unexpected Pass|Timeout|')" \
        "$(of_meson '|Skipped|')"
}

of_pytest() {
    tail -n 1 "$output" | grep -oE "[0-9]+ ($1)" | awk '{ n += $1 } END { print n + 0 }'
}

end_to_end() {
    local status
    HADAL_BUILD_ROOT=$PWD/$1 timeout --foreground 40m /usr/bin/python3 -m pytest \
        -p no:cacheprovider -q --color=no tests/e2e </dev/null 2>&1 | tee "$output"
    status=${PIPESTATUS[0]}
    count "$status" "$(of_pytest passed)" "$(of_pytest 'failed|errors?')" "$(of_pytest skipped)"
}

sanitize=(-Dc_args='-fno-omit-frame-pointer -fno-sanitize-recover=all')

step "gcc: build, unit and contract tests, checks of the source"
build build
unit build

step "clang: build"
CC=clang build build-clang

step "AddressSanitizer and UndefinedBehaviorSanitizer: unit and contract tests"
build build-asan -Db_sanitize=address,undefined "${sanitize[@]}"
unit build-asan --no-suite lint

step "ThreadSanitizer: unit and contract tests"
build build-tsan -Db_sanitize=thread "${sanitize[@]}"
unit build-tsan --no-suite lint

step "end to end, with AddressSanitizer and UndefinedBehaviorSanitizer"
end_to_end build-asan

printf '\nafter %d s:\n%d passed, %d failed, %d skipped\n' "$SECONDS" "$passed" "$failed" "$skipped"
[ "$failed" = 0 ]
