#!/usr/bin/env bash
# Prints the path of the oracle (test/oracle), built first when its sources are not those of the kept binary. Takes
# three to five minutes and 6 GB of Go's caches, once. Progress goes to stderr.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
sources=$root/test/oracle
cache=$root/.sallyport/cache/oracle
hash=$(cd "$sources" && cat main.go go.mod go.sum link.s | sha256sum | cut -c1-16)
binary=$cache/istio-oracle-$hash

if [ ! -x "$binary" ]; then
  mkdir -p "$cache"
  exec 9>"$cache/lock"
  flock 9
fi
if [ ! -x "$binary" ]; then
  echo 'building the oracle from Istio'"'"'s packages: minutes, once …' >&2
  go=$("$root/scripts/go.sh")
  # The very Go that go.mod names; another one fetches it as a module.
  GOTOOLCHAIN=go$(sed -n 's/^go //p' "$sources/go.mod")
  export GOTOOLCHAIN
  (cd "$sources" && nice "$go" build -trimpath -buildvcs=false -ldflags '-s -w' -o "$binary.part" .) >"$cache/build.log" 2>&1 || {
    tail -n 20 "$cache/build.log" >&2
    echo 'oracle: it does not build' >&2
    echo "hint: read $cache/build.log" >&2
    exit 1
  }
  mv "$binary.part" "$binary"
fi
echo "$binary"
