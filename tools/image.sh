#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# image.sh: builds the image as docs/guides/kubernetes.md says, by buildah in place of docker, and runs
# the tests of images on what comes out; then the Azure example upon it. The base is made by debootstrap,
# from where this machine's apt gets its packages, and everything is removed in the end. What is
# committed is what is built. Root only.
set -euo pipefail
cd "$(dirname "$0")/.."

skip() {
    printf 'image: skipped, nothing is proven: %s\n' "$*"
    exit 0
}

command -v buildah >/dev/null || skip "buildah is not installed"
command -v terraform >/dev/null || skip "no terraform is on PATH"
work=$(mktemp -d "${IMAGE_DIR:-/var/tmp}/hadal-image-XXXXXX")
buildah=(buildah --root "$work/storage" --runroot "$work/run")
version=0.0.1

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
    "${buildah[@]}" commit --quiet --rm "$container" localhost/debian:bookworm-slim >/dev/null
    rm -rf --one-file-system "$work/base"
}

# What the recipes fetch from the sites of Terraform and Terragrunt: this machine's terraform and a
# program that does nothing, over loopback.
offer_programs() {
    local machine port
    machine=$(dpkg --print-architecture)
    terraform=$work/site/terraform/$version/terraform_${version}_linux_$machine.zip
    terragrunt=$work/site/v$version/terragrunt_linux_$machine
    mkdir -p "${terraform%/*}" "${terragrunt%/*}"
    /usr/bin/python3 -m zipfile -c "$terraform" "$(command -v terraform)"
    (cd "${terraform%/*}" && sha256sum -- *.zip >"terraform_${version}_SHA256SUMS")
    printf '#!/bin/sh\n' >"$terragrunt"
    mkfifo "$work/said"
    /usr/bin/python3 -u -m http.server --bind 127.0.0.1 --directory "$work/site" 0 >"$work/said" 2>/dev/null &
    site=$!
    read -r _ _ _ _ _ port _ <"$work/said"
    mirror=http://127.0.0.1:$port
}

digest() {
    sha256sum "$1" | cut -d' ' -f1
}

# The guide's own line calls this, with what the recipe may be told besides.
docker() {
    [ "$1" = build ] || return 1
    (cd "$work/source" && "${buildah[@]}" bud --isolation chroot --pull-never \
        --build-arg "TERRAFORM_MIRROR=$mirror" --build-arg "TERRAGRUNT_MIRROR=$mirror" \
        "${arguments[@]}" "${@:2}") </dev/null
}

mkdir "$work/source"
git archive HEAD | tar -x -C "$work/source"
make_base
offer_programs

line=$(grep -m 1 '^    docker build ' docs/guides/kubernetes.md)
image=$(sed -n 's/.* -t \([^ ]*\) .*/\1/p' <<<"$line")
printf 'image:%s\n' "${line#   }"
arguments=(--build-arg "TERRAFORM_VERSION=$version" --build-arg "TERRAFORM_SHA256=$(digest "$terraform")")
eval "$line"
root=$("${buildah[@]}" mount "$("${buildah[@]}" from --pull-never "$image")")
HADAL_BUILD_ROOT=$PWD/build HADAL_IMAGE_ROOT=$root /usr/bin/python3 -m pytest -p no:cacheprovider -q \
    tests/e2e/test_image.py tests/e2e/test_manifests.py

printf 'image: the Azure example\n'
printf 'terraform: [%s]\n' "$version" >"$work/source/deploy/image/bundle.yaml" # no registry here
arguments=(--build-arg "TERRAGRUNT_VERSION=$version" --build-arg "TERRAGRUNT_SHA256=$(digest "$terragrunt")")
docker build -f deploy/image/Dockerfile.azure -t azure --build-arg "HADAL=$image" deploy/image
"${buildah[@]}" run --isolation chroot "$("${buildah[@]}" from --pull-never azure)" -- \
    sh -ec "id -u; command -v terragrunt; az version; terraform$version version"
printf 'image: both are built and work\n'
