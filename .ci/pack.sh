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
# An older Node is told so in one sentence.
for old in /usr/bin/node /usr/local/bin/node; do
  if [ -x "$old" ] && [ "$("$old" -p 'parseInt(process.versions.node)')" -lt 24 ]; then
    said=$("$old" node_modules/sallyport/dist/cli/start.js --version 2>&1) && { echo "an old Node was accepted: $said"; exit 1; }
    [ "$(printf '%s\n' "$said" | wc -l)" -eq 1 ] || { echo "$said"; exit 1; }
    echo "$said"
  fi
done
echo "sallyport $got"
