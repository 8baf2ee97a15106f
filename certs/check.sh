#!/bin/sh
# Looks at what Sallyport issued with nothing but openssl.
#
#   certs/check.sh                       the trust bundle that the lab wrote
#   certs/check.sh 127.0.0.1:18443 ...   and what an Envoy presents there
#   certs/check.sh svid.pem ...          and a chain in a file, leaf first
#
# BUNDLE=path takes another bundle than certs/bundle.pem. Ends with 1 if anything is wrong.
set -u
bundle=${BUNDLE:-$(dirname "$0")/bundle.pem}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
wrong=0

# check WHAT COMMAND...: runs the command, says how it went
check() {
  what=$1
  shift
  if "$@" >"$work/said" 2>&1; then
    echo "  ok    $what"
  else
    echo "  WRONG $what"
    head -n 3 "$work/said" | sed 's/^/        /'
    wrong=1
  fi
}

# split FILE PREFIX: each certificate of a PEM file into PREFIX-1.pem, PREFIX-2.pem, ...
split() {
  awk -v prefix="$2" '/-----BEGIN CERTIFICATE-----/ { inside = 1; file = prefix "-" (n += 1) ".pem" }
    inside { print > file }
    /-----END CERTIFICATE-----/ { inside = 0; close(file) }' "$1"
}

# text FILE: the certificate in words
text() { openssl x509 -in "$1" -noout -text; }

describe() {
  openssl x509 -in "$1" -noout -serial -startdate -enddate | sed 's/^/        /'
  text "$1" | sed -n 's/^ *\(URI:.*\)$/\1/p' | sed 's/^/        /'
}

has() { text "$1" | grep -A1 "$2" | grep -q "$3"; }
lacks() { ! text "$1" | grep -q "$2"; }
one_uri() { [ "$(text "$1" | grep -o 'URI:[^,]*' | wc -l)" -eq 1 ]; }
id_with_path() { text "$1" | grep -o 'URI:[^,]*' | grep -Eq '^URI:spiffe://[a-z0-9._-]+/[A-Za-z0-9._/-]+$'; }
id_without_path() { text "$1" | grep -o 'URI:[^,]*' | grep -Eq '^URI:spiffe://[a-z0-9._-]+$'; }
now_valid() { openssl x509 -in "$1" -noout -checkend 0; }

check_authority() {
  describe "$1"
  check 'is a CA, marked critical' has "$1" 'Basic Constraints: critical' 'CA:TRUE'
  check 'may sign certificates, marked critical' has "$1" 'Key Usage: critical' 'Certificate Sign'
  check 'has the ID of a trust domain, without a path' id_without_path "$1"
  check 'is not past its end' now_valid "$1"
}

check_leaf() {
  describe "$1"
  check 'has exactly one URI name' one_uri "$1"
  check 'which is a SPIFFE ID with a path' id_with_path "$1"
  check 'is no CA, marked critical' has "$1" 'Basic Constraints: critical' 'CA:FALSE'
  check 'is for digital signatures, marked critical' has "$1" 'Key Usage: critical' 'Digital Signature'
  check 'may not sign certificates' lacks "$1" 'Certificate Sign'
  check 'is for servers' has "$1" 'Extended Key Usage' 'TLS Web Server Authentication'
  check 'is for clients' has "$1" 'Extended Key Usage' 'TLS Web Client Authentication'
  check 'has no subject, so its names are critical' has "$1" 'Subject Alternative Name: critical' 'URI:'
  check 'is not past its end' now_valid "$1"
}

# check_chain FILE: leaf first
check_chain() {
  rm -f "$work"/chain-*.pem "$work/rest.pem"
  split "$1" "$work/chain"
  if [ ! -f "$work/chain-1.pem" ]; then
    check 'holds a certificate' false
    return
  fi
  check_leaf "$work/chain-1.pem"
  cat "$work"/chain-*.pem >"$work/rest.pem"
  for purpose in sslserver sslclient; do
    check "leads to the bundle by the strict rules, as $purpose" openssl verify -x509_strict \
      -purpose "$purpose" -CAfile "$bundle" -untrusted "$work/rest.pem" "$work/chain-1.pem"
  done
}

if [ ! -f "$bundle" ]; then
  echo "there is no $bundle: start the lab first (npm start), or name one with BUNDLE=path" >&2
  exit 1
fi

echo "$bundle"
split "$bundle" "$work/root"
check 'holds no key' sh -c '! grep -q "PRIVATE KEY" "$1"' sh "$bundle"
check 'holds a certificate' test -f "$work/root-1.pem"
for root in "$work"/root-*.pem; do
  [ -f "$root" ] || continue
  check_authority "$root"
  check 'signs itself' openssl verify -x509_strict -check_ss_sig -CAfile "$root" "$root"
done

for what in "$@"; do
  echo "$what"
  if [ -f "$what" ]; then
    check_chain "$what"
  else
    # The server shows its chain before it asks for ours, so the handshake need not succeed.
    openssl s_client -connect "$what" -showcerts </dev/null >"$work/presented.pem" 2>"$work/error"
    if grep -q 'BEGIN CERTIFICATE' "$work/presented.pem"; then
      check_chain "$work/presented.pem"
    else
      case $what in
        *:*) check 'presents a certificate there' sh -c 'head -n 1 "$1"; exit 1' sh "$work/error" ;;
        *) check 'is a file, or HOST:PORT' false ;;
      esac
    fi
  fi
done

[ "$wrong" -eq 0 ] && echo 'all is well' || echo 'something is wrong'
exit "$wrong"
