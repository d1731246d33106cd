#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# clang-tidy (see .clang-tidy), and the checks of the source that the test run has too.
set -euo pipefail
cd "$(dirname "$0")/.."
said=$(mktemp)
trap 'rm -f "$said"' EXIT
broken=0

CC=clang tools/build.sh build-clang
run-clang-tidy -quiet -p build-clang -j "$(nproc)" "^$PWD/(src|playground)/" >"$said" 2>&1 ||
    broken=1
sed -e 's/\x1b\[[0-9;]*m//g' "$said" |
    grep -vE '^(clang-tidy|Suppressed|Use -header-filter|[0-9]+ warnings? |$)' || true
meson test -C build-clang --no-rebuild --suite lint --print-errorlogs || broken=1
exit "$broken"
