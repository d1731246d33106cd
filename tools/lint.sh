#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# clang-tidy (see .clang-tidy), and the checks of the source that the test run has too.
set -euo pipefail
cd "$(dirname "$0")/.."

CC=clang tools/build.sh build-clang
run-clang-tidy -quiet -p build-clang -j "$(nproc)" "^$PWD/(src|playground|tests)/" 2>/dev/null |
    grep -v -e '^clang-tidy' -e '^$' && {
    echo "clang-tidy has something to say" >&2
    exit 1
}
meson test -C build-clang --no-rebuild --suite lint --print-errorlogs
