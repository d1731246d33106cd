#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The account of the server, with the name, the numbers and the home that Atlantis's image has, so
# that volumes and manifests made for one fit the other.
set -eu

groupadd --gid 1000 atlantis
useradd --system --uid 100 --gid 1000 --home-dir /home/atlantis --create-home --shell /bin/sh atlantis
# Group 0 too, for clusters that choose the user themselves.
chown atlantis:0 /home/atlantis
chmod 770 /home/atlantis
