#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# build.sh DIR [MESON OPTIONS]: configures DIR once, then builds it.
set -euo pipefail
cd "$(dirname "$0")/.."
dir=$1
shift

if [ ! -f "$dir/build.ninja" ]; then
    mkdir -p "$dir"
    meson setup "$dir" "$@" >"$dir/setup.log" 2>&1 || {
        cat "$dir/setup.log" >&2
        rm -rf "$dir"
        exit 1
    }
fi
ninja -C "$dir" --quiet
