#!/bin/sh
# Behaves as the official image's: options, and what is no command, are given to Node.
set -e

case ${1-} in
  -*) set -- node "$@" ;;
  *) if ! command -v "${1:-node}" >/dev/null 2>&1; then set -- node "$@"; fi ;;
esac
exec "$@"
