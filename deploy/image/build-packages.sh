#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs what building needs and nothing of what testing needs: Debian packages and npm packages.
set -eu
cd "$(dirname "$0")/../.."

packages=$(awk '/^# /{ wanted = ($2 == "building") } wanted && $1 !~ /^#/ { print $1 }' \
    tools/debian-packages.txt)
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
# shellcheck disable=SC2086 # one word each
apt-get -qq install -y --no-install-recommends $packages ca-certificates nodejs npm >/dev/null
npm ci --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error
