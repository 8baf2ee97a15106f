#!/usr/bin/env bash
# The README's first command without containers: every row of the table as expected.
set -euo pipefail
rows=$(mktemp)
trap 'rm -f "$rows"' EXIT
npm start --silent -- --once --output json --runtime process >"$rows" || {
  cat "$rows"
  exit 1
}
node -e '
  const rows = JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8"));
  if (!Array.isArray(rows) || rows.length === 0) throw new Error("no rows");
  console.log(`${rows.length} rows`);
' "$rows"
