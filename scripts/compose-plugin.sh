#!/usr/bin/env bash
# Sees to `docker compose` where its plugin is absent: built from the Go module into the user's plugin folder.
# Needs Go 1.25 or newer and about four minutes, once.
set -euo pipefail

version=v2.40.3
plugins=${DOCKER_CONFIG:-$HOME/.docker}/cli-plugins

if docker compose version >/dev/null 2>&1; then
  docker compose version
  exit 0
fi
go=$("$(dirname "${BASH_SOURCE[0]}")/go.sh") || {
  echo 'compose: the plugin is absent and there is no Go to build it' >&2
  echo 'hint: install the package docker-compose-plugin, or Go 1.25' >&2
  exit 1
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$go" mod init compose-plugin 2>/dev/null
# Compiler output is long; only its end says what is wrong.
quietly() { "$@" >go.log 2>&1 || { tail -n 5 go.log >&2; exit 1; }; }
quietly "$go" get "github.com/docker/compose/v2/cmd@$version"
quietly nice "$go" build -trimpath \
  -ldflags "-s -w -X github.com/docker/compose/v2/internal.Version=$version" \
  -o docker-compose github.com/docker/compose/v2/cmd
mkdir -p "$plugins"
install -m 0755 docker-compose "$plugins/docker-compose"
docker compose version
