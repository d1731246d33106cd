#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# bare-debian.sh DIR [PACKAGES]: makes a minimal Debian 12 in the empty directory DIR, with the
# packages given (a list with commas), by debootstrap and from where this machine's apt gets its
# packages. What is run in it can reach them as this machine does. Root only. Exit status 77, and why,
# where this machine cannot make one.
set -euo pipefail
root=$1
packages=${2:-}

cannot() {
    printf '%s\n' "$*"
    exit 77
}

[ "$(id -u)" = 0 ] || cannot "only root can make a new system"
command -v debootstrap >/dev/null || cannot "debootstrap is not installed"
unshare --mount true 2>/dev/null || cannot "this machine lets nobody mount"

# Lines "URI SUITE" of Debian's own archives.
archives() {
    apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT) $(CREATED_BY)' |
        awk '$2 ~ /^bookworm/ && $3 == "main" && $4 == "Packages" { print $1, $2 }' | sort -u
}

mirror=$(archives | awk '$2 == "bookworm" { print $1; exit }')
chmod 755 "$root"
debootstrap --variant=minbase ${packages:+"--include=$packages"} bookworm "$root" \
    ${mirror:+"$mirror"} >"$root.log" 2>&1 || {
    tail -n 3 "$root.log"
    cannot "debootstrap failed, see $root.log"
}
rm -f "$root.log"

# How this machine reaches its packages, and nothing else of it.
if [ -n "$(archives)" ]; then
    archives | sed -e 's/^/deb /' -e 's/$/ main/' >"$root/etc/apt/sources.list"
fi
apt-config dump | grep -iE '^Acquire::(http|https|ftp)' >"$root/etc/apt/apt.conf.d/90machine" || true
for file in /etc/resolv.conf /etc/hosts; do
    cp -L "$file" "$root$file"
done
mkdir -p "$root/usr/local/share/ca-certificates"
find /usr/local/share/ca-certificates -name '*.crt' \
    -exec cp -L {} "$root/usr/local/share/ca-certificates/" \;
if command -v npm >/dev/null; then
    for file in $(npm config get globalconfig userconfig 2>/dev/null | sed "s/^[a-z]*=//"); do
        if [ -f "$file" ]; then cat "$file"; fi
    done >"$root/root/.npmrc"
fi
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" # no service is started in it
chmod 755 "$root/usr/sbin/policy-rc.d"
