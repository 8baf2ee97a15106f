#!/usr/bin/env bash
# Installs the Debian packages whose commands are missing.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive

missing=()
want() { # package, command…
  local package=$1
  shift
  "$@" >/dev/null 2>&1 || missing+=("$package")
}
want docker.io sh -c 'command -v dockerd && command -v docker'
want debootstrap sh -c 'command -v debootstrap'
want openssl openssl version
want curl curl --version
want python3 python3 --version
want python3-pip python3 -m pip --version
want python3-venv python3 -c 'import venv, ensurepip'
want npm npm --version
want git git --version

if [ ${#missing[@]} -eq 0 ]; then
  echo 'nothing is missing'
  exit 0
fi
echo "installing ${missing[*]}"
install() { apt-get install --yes --quiet --no-install-recommends "${missing[@]}"; }
# Lists that are absent or old are the usual reason to fail.
install || { apt-get update --quiet && install; }
