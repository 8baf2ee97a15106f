#!/usr/bin/env bash
# What `npm pack` makes, installed elsewhere, is a command that works.
set -euo pipefail
root=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm pack --silent --pack-destination "$work"
# The Node of this project, since the one of the system may be too old.
export PATH=$root/node_modules/node/bin:$PATH
cd "$work"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund ./sallyport-*.tgz
wanted=$(node -p 'require("./node_modules/sallyport/package.json").version')
got=$(npx --no-install sallyport --version)
[ "$got" = "$wanted" ] || { echo "sallyport --version says $got, not $wanted"; exit 1; }
npx --no-install sallyport serve --help >/dev/null
echo "sallyport $got"
