#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# get-terraform.sh DIR: puts the terraform of tools/terraform-version into DIR, once its archive has
# the digest that stands there. TERRAFORM_VERSION with TERRAFORM_SHA256 is another one,
# TERRAFORM_MIRROR another place laid out like releases.hashicorp.com.
set -euo pipefail
here=$(dirname "$0")
dir=$1

fail() {
    printf 'terraform: %s\n' "$*" >&2
    exit 1
}

known() {
    awk -v name="$1" '$1 == name { print $2 }' "$here/terraform-version"
}

case $(uname -m) in
x86_64) platform=linux_amd64 ;;
aarch64) platform=linux_arm64 ;;
*) platform=linux_$(uname -m) ;;
esac
version=${TERRAFORM_VERSION:-$(known version)}
digest=${TERRAFORM_SHA256:-}
if [ "$version" = "$(known version)" ]; then
    digest=${digest:-$(known "$platform")}
fi
[ -n "$digest" ] || fail "the digest of $version for $platform is not known: give TERRAFORM_SHA256"
url=${TERRAFORM_MIRROR:-https://releases.hashicorp.com}/terraform/$version
url=$url/terraform_${version}_$platform.zip

mkdir -p "$dir"
work=$(mktemp -d "$dir/.terraform-XXXXXX")
trap 'rm -rf "$work"' EXIT
# The digest makes up for a mirror without TLS.
curl -fsSL --proto =https,http --connect-timeout 20 --max-time 300 -o "$work/terraform.zip" "$url" ||
    fail "$url cannot be fetched"
printf '%s  %s\n' "$digest" "$work/terraform.zip" | sha256sum --check --status ||
    fail "$url does not have the digest $digest"
unzip -q "$work/terraform.zip" terraform -d "$work"
chmod 755 "$work/terraform"
mv "$work/terraform" "$dir/terraform"
