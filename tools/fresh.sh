#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# fresh.sh [TARGET...]: proves `make demo` and `make test`, or the targets given, on a Debian 12 with
# nothing on it but make. The system is made by debootstrap from where this machine's apt gets its
# packages, and is removed in the end. What is committed is what is proven.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- demo test

skip() {
    printf 'fresh: skipped, nothing is proven: %s\n' "$*"
    exit 0
}

[ "$(id -u)" = 0 ] || skip "only root can make a new system"
command -v debootstrap >/dev/null || skip "debootstrap is not installed"
unshare --mount true 2>/dev/null || skip "this machine lets nobody mount"

# Lines "URI SUITE" of Debian's own archives.
archives() {
    apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT) $(CREATED_BY)' |
        awk '$2 ~ /^bookworm/ && $3 == "main" && $4 == "Packages" { print $1, $2 }' | sort -u
}

mirror=$(archives | awk '$2 == "bookworm" { print $1; exit }')
root=$(mktemp -d "${FRESH_DIR:-/var/tmp}/hadal-fresh-XXXXXX")
trap 'rm -rf --one-file-system "$root"' EXIT

chmod 755 "$root"
printf 'fresh: making a Debian 12 in %s\n' "$root"
debootstrap --variant=minbase --include=make bookworm "$root" ${mirror:+"$mirror"} >"$root.log" 2>&1 || {
    tail -n 3 "$root.log"
    skip "debootstrap failed, see $root.log"
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

if ! curl -fsI --max-time 20 -o /dev/null https://releases.hashicorp.com/terraform/ 2>/dev/null &&
    command -v terraform >/dev/null; then
    printf "fresh: terraform's release site is out of reach: this machine's terraform is used\n"
    install -m 755 "$(command -v terraform)" "$root/usr/local/bin/terraform"
fi

git clone --quiet --no-local . "$root/root/hadal"
inside=(env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
    LANG=C.UTF-8 TERM=dumb)
for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY CI; do
    [ -n "${!name:-}" ] && inside+=("$name=${!name}")
done

passed=0 failed=0
for target in "$@"; do
    printf '\nfresh: make %s\n' "$target"
    # The mounts are the child's alone and end with it.
    if unshare --mount --propagation private bash -ec '
        mount -t proc proc "$1/proc"
        mount --rbind /dev "$1/dev"
        mount --rbind /sys "$1/sys"
        exec chroot "$1" "${@:3}" make -C /root/hadal --no-print-directory "$2"' \
        bash "$root" "$target" "${inside[@]}" </dev/null; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
done
printf '\nfresh: of the targets %s, on a bare Debian 12:\n%d passed, %d failed\n' "$*" "$passed" \
    "$failed"
[ "$failed" = 0 ]
