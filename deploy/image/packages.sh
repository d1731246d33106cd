#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# packages.sh [FILE]: installs the packages in the FILE beside it (packages.txt) with what they depend
# on, and leaves no list of packages behind.
set -eu
cd "$(dirname "$0")"
wanted=$(grep -v '^#' "${1:-packages.txt}")

export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
# shellcheck disable=SC2086 # one word each
apt-get -qq install -y --no-install-recommends $wanted >/dev/null
apt-get clean
rm -rf /var/lib/apt/lists/*
