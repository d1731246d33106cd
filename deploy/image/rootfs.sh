#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# rootfs.sh ROOT [BUILD]: runs the stages of the Dockerfile without a container engine, into the new
# directory ROOT. Root only. Exit status 77, and why, where this machine cannot.
#
# With BUILD, a directory in which the programs are built already, nothing is fetched: the packages
# are copied from this machine's Debian 12, and terraform is the one on PATH. Without it everything
# is done as an engine would do it: the programs are built in one bare Debian 12, and the packages
# installed in another.
set -euo pipefail
root=$1
build=${2:-}
image=$(realpath "$(dirname "$0")")
source=$(realpath "$image/../..")
[ ! -e "$root" ] || { printf 'rootfs: %s exists\n' "$root" >&2; exit 1; }
work=$(mktemp -d "${TMPDIR:-/var/tmp}/hadal-rootfs-XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT

cannot() {
    printf '%s\n' "$*"
    exit 77
}

[ "$(id -u)" = 0 ] || cannot "only root can make a root file system"
unshare --mount true 2>/dev/null || cannot "this machine lets nobody mount"

environment=(PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root)
for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
    [ -n "${!name:-}" ] && environment+=("$name=${!name}")
done

# inside DIR COMMAND...: with the mounts of a container, which end with the command.
inside() {
    local dir=$1
    shift
    unshare --mount --propagation private bash -ec '
        mount -t proc proc "$1/proc"
        mount --rbind /dev "$1/dev"
        exec chroot "$1" env -i "${@:2}"
        ' bash "$dir" "${environment[@]}" "$@" </dev/null
}

# The scripts of this directory, where the Dockerfile mounts them.
stage() {
    local dir=$1
    mkdir -p "$dir/image"
    cp "$image"/* "$dir/image/"
    shift
    for script in "$@"; do
        inside "$dir" "/image/$script"
    done
    rm -r "$dir/image"
}

# Every file of the packages that a Debian cannot be without, of packages.txt, and of what these
# depend on, and what installing them would have made.
copy_packages() {
    local base packages dir
    [ "$(. /etc/os-release && echo "$ID$VERSION_ID")" = debian12 ] ||
        cannot "this machine is no Debian 12"
    dpkg-query -W -f '${db:Status-Status} ${Package} ${Priority}\n' | sed -n 's/^installed //p' \
        >"$work/installed"
    base=$(awk '$2 == "required" { print $1 }' "$work/installed")
    packages=$(grep -vE '^(#|$)' "$image/packages.txt")
    # shellcheck disable=SC2086 # one word each
    dpkg-query -W $packages >/dev/null 2>"$work/missing" || cannot "$(cat "$work/missing")"
    # shellcheck disable=SC2086
    apt-cache depends --recurse --installed --no-recommends --no-suggests --no-conflicts \
        --no-breaks --no-replaces --no-enhances $base $packages | sort -u |
        awk 'NR == FNR { have[$1]; next } $1 in have' "$work/installed" - |
        xargs dpkg-query -L | grep -vE '^/usr/share/(doc|info|locale|man)/' | grep '^/.' | sort -u |
        while read -r file; do if [ -e "$file" ] || [ -L "$file" ]; then echo "$file"; fi; done \
            >"$work/files"
    for dir in bin sbin lib lib64; do
        mkdir -p "$root/usr/$dir"
        ln -s "usr/$dir" "$root/$dir"
    done
    tar -C / --create --no-recursion --files-from "$work/files" 2>/dev/null |
        tar -C "$root" --extract --keep-directory-symlink
    mkdir -p "$root/dev" "$root/proc" "$root/sys" "$root/tmp"
    chmod 1777 "$root/tmp"
    cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
    cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
    grep '\.crt$' "$work/files" | sed 's|^/usr/share/ca-certificates/||' \
        >"$root/etc/ca-certificates.conf"
    inside "$root" ldconfig
    inside "$root" update-ca-certificates >/dev/null
}

bare_debian() {
    local why status=0
    mkdir -p "$1"
    why=$("$source/tools/bare-debian.sh" "$1") || status=$?
    [ "$status" != 77 ] || cannot "$why"
    return "$status"
}

build_programs() {
    bare_debian "$work/stage"
    mkdir "$work/stage/src"
    git -C "$source" archive HEAD | tar -x -C "$work/stage/src"
    inside "$work/stage" /src/deploy/image/build-packages.sh
    inside "$work/stage" /src/deploy/image/programs.sh /out
    mv "$work/stage/out" "$work/programs"
}

install_packages() {
    bare_debian "$root"
    stage "$root" packages.sh
    rm -f "$root/usr/sbin/policy-rc.d" "$root/root/.npmrc" "$root/etc/apt/apt.conf.d/90machine"
}

mkdir -p "$root"
chmod 755 "$root"
if [ -n "$build" ]; then
    "$image/programs.sh" "$work/programs" "$(realpath "$build")"
    copy_packages
else
    build_programs
    install_packages
fi
stage "$root" accounts.sh
cp -a "$work/programs/." "$root/"
if [ -n "$build" ] || ! "$source/tools/get-terraform.sh" "$root/usr/local/bin" 2>"$work/said"; then
    printf "rootfs: this machine's terraform is used %s\n" "$(cat "$work/said" 2>/dev/null || true)"
    install -m 755 "$(command -v terraform)" "$root/usr/local/bin/terraform"
fi
