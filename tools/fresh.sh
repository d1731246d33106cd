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

root=$(mktemp -d "${FRESH_DIR:-/var/tmp}/hadal-fresh-XXXXXX")
trap 'rm -rf --one-file-system "$root"' EXIT

printf 'fresh: making a Debian 12 in %s\n' "$root"
status=0
why=$(tools/bare-debian.sh "$root" make) || status=$?
[ "$status" != 77 ] || skip "$why"
[ "$status" = 0 ]

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
