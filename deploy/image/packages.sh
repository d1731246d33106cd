#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs packages.txt with what it depends on, and leaves no list of packages behind.
set -eu
cd "$(dirname "$0")"

export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
# shellcheck disable=SC2046 # one word each
apt-get -qq install -y --no-install-recommends $(grep -v '^#' packages.txt) >/dev/null
apt-get clean
rm -rf /var/lib/apt/lists/*
