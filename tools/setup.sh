#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Brings a Debian 12 to where everything here builds and runs: Debian packages, npm packages and a
# terraform. Does nothing, quickly, where nothing is missing. Every make target starts with it.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
    printf 'set-up: %s\n' "$*" >&2
    exit 1
}

# --- Debian packages -----------------------------------------------------------------------------

missing_packages() {
    local have package program
    have=" $(dpkg-query -W -f '${db:Status-Status}=${Package} ' 2>/dev/null || true)"
    while read -r package program; do
        case $package in '' | '#'*) continue ;; esac
        case $have in *" installed=$package "*) continue ;; esac
        [ -n "$program" ] && command -v "$program" >/dev/null && continue
        printf '%s ' "$package"
    done <tools/debian-packages.txt
}

install_packages() {
    local missing sudo=()
    missing=$(missing_packages)
    [ -z "$missing" ] && return
    command -v apt-get >/dev/null ||
        fail "this is not Debian: install what these packages hold and try again: $missing"
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null ||
            fail "run it as root, or with sudo installed, to install: $missing"
        sudo=(sudo)
    fi
    printf 'set-up: installing %s\n' "$missing"
    # shellcheck disable=SC2086 # one word each
    {
        "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq update &&
            "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y \
                --no-install-recommends -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
                $missing >/dev/null
    } </dev/null || fail "apt-get cannot install: $missing"
}

# --- npm packages --------------------------------------------------------------------------------

install_node_modules() {
    local stamp=node_modules/.package-lock.json
    [ -f package-lock.json ] || return 0
    [ -f "$stamp" ] && [ ! package-lock.json -nt "$stamp" ] && return
    printf 'set-up: installing npm packages\n'
    npm ci --ignore-scripts --no-audit --no-fund --loglevel=error </dev/null ||
        fail "npm cannot install what package-lock.json names"
    touch "$stamp"
}

# --- terraform -----------------------------------------------------------------------------------

install_terraform() {
    PATH=$PATH:$PWD/.cache/bin command -v terraform >/dev/null && return
    printf 'set-up: fetching terraform\n'
    tools/get-terraform.sh .cache/bin ||
        fail "no terraform is on PATH: install one, or put it into .cache/bin"
}

install_packages
install_node_modules
install_terraform
