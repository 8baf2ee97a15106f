#!/usr/bin/env bash
# Sees to `docker compose` where its plugin is absent: built from the Go module into .sallyport/cache and linked
# into the user's plugin folder. Needs Go 1.25 or newer and about three minutes, once.
set -euo pipefail

version=v2.40.3
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
binary=$root/.sallyport/cache/docker-compose-$version
plugins=${DOCKER_CONFIG:-$HOME/.docker}/cli-plugins

if docker compose version >/dev/null 2>&1; then
  docker compose version
  exit 0
fi
if [ ! -x "$binary" ]; then
  command -v go >/dev/null || {
    echo 'compose: the plugin is absent and there is no Go to build it' >&2
    echo 'hint: install the package docker-compose-plugin, or Go 1.25' >&2
    exit 1
  }
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  cd "$work"
  go mod init compose-plugin 2>/dev/null
  go get "github.com/docker/compose/v2/cmd@$version" 2>go.log || { tail -n 5 go.log >&2; exit 1; }
  mkdir -p "$(dirname "$binary")"
  nice go build -trimpath \
    -ldflags "-s -w -X github.com/docker/compose/v2/internal.Version=$version" \
    -o "$binary.part" github.com/docker/compose/v2/cmd 2>go.log || { tail -n 5 go.log >&2; exit 1; }
  mv "$binary.part" "$binary"
fi
mkdir -p "$plugins"
ln -sf "$binary" "$plugins/docker-compose"
docker compose version
