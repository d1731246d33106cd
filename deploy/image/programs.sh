#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# programs.sh OUT [BUILD]: puts the server's programs, as they lie in the image, under OUT. They are
# built in BUILD, which is made for release where it is not there yet.
set -eu
cd "$(dirname "$0")/../.."
out=$1
build=${2:-build-image}

tools/build.sh "$build" --buildtype=release -Dtests=false
mkdir -p "$out/usr/local/bin"
DESTDIR=$(realpath "$out") meson install -C "$build" --no-rebuild --strip >/dev/null
rm -f "$out/usr/local/bin/hadal-playground"
# Whoever comes from Atlantis finds its names.
ln -s hadal "$out/usr/local/bin/atlantis"
install -m 755 deploy/image/entrypoint.sh "$out/usr/local/bin/docker-entrypoint.sh"
