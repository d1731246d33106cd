#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# image.sh: builds the image as docs/guides/kubernetes.md says, by buildah in place of docker, and runs
# the tests of images on what comes out. The base is made by debootstrap, from where this machine's apt
# gets its packages, and everything is removed in the end. What is committed is what is built. Root only.
set -euo pipefail
cd "$(dirname "$0")/.."

skip() {
    printf 'image: skipped, nothing is proven: %s\n' "$*"
    exit 0
}

command -v buildah >/dev/null || skip "buildah is not installed"
work=$(mktemp -d "${IMAGE_DIR:-/var/tmp}/hadal-image-XXXXXX")
buildah=(buildah --root "$work/storage" --runroot "$work/run")
arguments=()

clean() {
    if [ -n "${site:-}" ]; then kill "$site"; fi
    "${buildah[@]}" rm --all >/dev/null 2>&1 || true
    umount "$work/storage/overlay" 2>/dev/null || true
    rm -rf --one-file-system "$work"
}
trap clean EXIT

# In place of debian:bookworm-slim, which nobody has to fetch then.
make_base() {
    local status=0 why container
    mkdir "$work/base"
    why=$(tools/bare-debian.sh "$work/base" ca-certificates) || status=$?
    [ "$status" != 77 ] || skip "$why"
    [ "$status" = 0 ]
    container=$("${buildah[@]}" from scratch)
    "${buildah[@]}" add --quiet "$container" "$work/base" / >/dev/null
    "${buildah[@]}" commit --quiet --rm "$container" docker.io/library/debian:bookworm-slim >/dev/null
    rm -rf --one-file-system "$work/base"
}

# Where Terraform's release site is out of reach, this machine's terraform is offered in its place.
offer_terraform() {
    local version=0.0.1 place=$work/site/terraform/0.0.1 archive port
    if curl -fsI --max-time 20 -o /dev/null https://releases.hashicorp.com/terraform/ 2>/dev/null; then
        return
    fi
    command -v terraform >/dev/null || skip "no terraform is to be had"
    printf "image: terraform's release site is out of reach: this machine's terraform is used\n"
    mkdir -p "$place"
    archive=$place/terraform_${version}_linux_$(dpkg --print-architecture).zip
    /usr/bin/python3 -m zipfile -c "$archive" "$(command -v terraform)"
    mkfifo "$work/said"
    /usr/bin/python3 -u -m http.server --bind 127.0.0.1 --directory "$work/site" 0 >"$work/said" 2>/dev/null &
    site=$!
    read -r _ _ _ _ _ port _ <"$work/said"
    arguments=(--build-arg "TERRAFORM_MIRROR=http://127.0.0.1:$port" --build-arg "TERRAFORM_VERSION=$version"
        --build-arg "TERRAFORM_SHA256=$(sha256sum "$archive" | cut -d' ' -f1)")
}

# The guide's own line calls this.
docker() {
    [ "$1" = build ] || return 1
    (cd "$work/source" &&
        "${buildah[@]}" bud --isolation chroot --pull-never "${arguments[@]}" "${@:2}") </dev/null
}

mkdir "$work/source"
git archive HEAD | tar -x -C "$work/source"
make_base
offer_terraform
line=$(grep -m 1 '^    docker build ' docs/guides/kubernetes.md)
printf 'image:%s\n' "${line#   }"
eval "$line"
image=$(sed -n 's/.* -t \([^ ]*\) .*/\1/p' <<<"$line")
root=$("${buildah[@]}" mount "$("${buildah[@]}" from --pull-never "$image")")
HADAL_BUILD_ROOT=$PWD/build HADAL_IMAGE_ROOT=$root /usr/bin/python3 -m pytest -p no:cacheprovider -q \
    tests/e2e/test_image.py tests/e2e/test_manifests.py
