#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Arguments of the container are arguments of hadal (`server`, `check ...`), unless the first one is
# a program: `sh`, `terraform version`.
if command -v -- "${1:-}" >/dev/null; then
    exec "$@"
fi
exec hadal "$@"
