#!/usr/bin/env bash
# `docker compose up --wait`, the curl lines of the README, and requests whose answers are known; then down.
set -euo pipefail
export COMPOSE_PROJECT_NAME=sallyport-ci DOCKER_BUILDKIT=0
probe=examples/lab/policies/ci-probe.yaml

down() {
  local code=$?
  rm -f "$probe"
  if [ "$code" -ne 0 ]; then docker compose ps --all; docker compose logs --tail 20; fi
  docker compose down --volumes --timeout 10
  exit "$code"
}
trap down EXIT

docker compose build --quiet
docker compose up --no-build --wait --wait-timeout 120
docker compose ps --all

status() { curl --silent --output /dev/null --max-time 5 --write-out '%{http_code}' "$@"; }
expect() { # status, what, curl arguments…
  local wanted=$1 what=$2 got
  shift 2
  got=$(status "$@") || true
  echo "$what: $got"
  [ "$got" = "$wanted" ] || { echo "expected $wanted"; return 1; }
}

edge=http://127.0.0.1:8080
token=$(curl --silent --fail http://127.0.0.1:8081/token)
auditor=$(curl --silent --fail 'http://127.0.0.1:8081/token?roles=auditor')
expect 200 'a visitor, /public' $edge/public
expect 403 'no token, /account' $edge/account
expect 200 'a token, /account' -H "authorization: Bearer $token" $edge/account
expect 401 'a broken token, /account' -H "authorization: Bearer x$token" $edge/account
expect 403 'no role, /reports' -H "authorization: Bearer $token" $edge/reports
expect 200 'the role, /reports' -H "authorization: Bearer $auditor" $edge/reports
expect 200 'frontend, /orders' http://127.0.0.1:9001/orders
expect 403 'intruder, /orders' http://127.0.0.1:9002/orders
expect 200 'readiness' http://127.0.0.1:9180/readyz

# A policy edited on this machine is obeyed inside within a second.
cat >"$probe" <<'YAML'
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: ci-probe, namespace: shop }
spec:
  selector:
    matchLabels: { app: orders }
  action: DENY
  rules:
    - to:
        - operation: { paths: [/orders/7] }
YAML
sleep 1
expect 403 'a policy that was just added' http://127.0.0.1:9001/orders/7
rm "$probe"
sleep 1
expect 200 'and removed again' http://127.0.0.1:9001/orders/7

# The lines as a reader pastes them.
if [ -e README.md ]; then
  while IFS= read -r line; do
    echo "\$ $line"
    bash -euo pipefail -c "$line" </dev/null
    echo
  done < <(grep -E '^ *curl ' README.md)
fi
