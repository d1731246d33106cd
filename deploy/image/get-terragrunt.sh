#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# get-terragrunt.sh DIR: puts the terragrunt of TERRAGRUNT_VERSION into DIR, once it has the digest
# TERRAGRUNT_SHA256.
set -eu
dir=$1
: "${TERRAGRUNT_VERSION:?say which terragrunt: 0.75.4}" "${TERRAGRUNT_SHA256:?give its digest}"

url=${TERRAGRUNT_MIRROR:-https://github.com/gruntwork-io/terragrunt/releases/download}
url=$url/v${TERRAGRUNT_VERSION#v}/terragrunt_linux_$(dpkg --print-architecture)
mkdir -p "$dir"
curl -fsSL --proto =https,http --connect-timeout 20 --max-time 300 -o "$dir/terragrunt.new" "$url"
if ! printf '%s  %s\n' "$TERRAGRUNT_SHA256" "$dir/terragrunt.new" | sha256sum --check --status; then
    rm "$dir/terragrunt.new"
    printf 'terragrunt: %s does not have the digest %s\n' "$url" "$TERRAGRUNT_SHA256" >&2
    exit 1
fi
chmod 755 "$dir/terragrunt.new"
mv "$dir/terragrunt.new" "$dir/terragrunt"
