#!/bin/sh
# `make image`: builds the Dockerfile with the container builder of this machine.
set -eu

usage() {
  cat <<'TEXT'
Usage: make image [IMAGE=NAME:TAG] [BASE=IMAGE] [BUILDER=docker|podman|buildah] [ARGS="..."]
       scripts/image.sh [--builder | --help | ARGUMENTS of the builder]

Builds the image. Variables, each from the environment:
  IMAGE    name of the image, default mattermost-ingress:VERSION
  BASE     image to build on, with Node 26 and npm; default as in the Dockerfile
  BUILDER  default the first of docker, podman and buildah that works
Options:
  --builder  only say which builder would be used; exit 1 if none works
TEXT
}

# The first builder that answers. Docker's command alone builds nothing: its daemon must run.
find_builder() {
  for candidate in ${BUILDER:-docker podman buildah}; do
    if ! command -v "$candidate" >/dev/null; then
      tried="$tried
  $candidate: not installed"
    elif answer=$("$candidate" info 2>&1 >/dev/null); then
      builder=$candidate
      return 0
    else
      tried="$tried
  $candidate: $(printf '%s' "$answer" | tail -n 1)"
    fi
  done
  echo "No container builder works here:$tried
Install one of them, or start Docker's daemon." >&2
  return 1
}

cd "$(dirname "$0")/.."
builder='' tried=''
case "${1:-}" in
  --help)
    usage
    exit 0
    ;;
esac
find_builder || exit 1
if [ "${1:-}" = --builder ]; then
  echo "$builder"
  exit 0
fi

version=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' package.json)
revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)
image=${IMAGE:-mattermost-ingress:$version}
set -- --build-arg "VERSION=$version" --build-arg "REVISION=$revision" "$@"
[ -z "${BASE:-}" ] || set -- "$@" --build-arg "BASE=$BASE"
echo "Building $image with $builder ..."
DOCKER_BUILDKIT=1 "$builder" build --tag "$image" "$@" .
echo "Built $image. Next: kind load docker-image $image, or $builder push it to a registry of yours."
