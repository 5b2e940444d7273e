#!/bin/sh
# From Docker to a cluster with the controller and three pods that play Mattermost; see --help.
set -eu

NAME=mattermost-ingress
IMAGE=local/mattermost-ingress:kind
NODE_PORTS='--set service.nodePorts.http=30080 --set service.nodePorts.https=30443'

usage() {
  cat <<TEXT
Usage: deploy/kind/up.sh [--no-test | --down | --help]

Makes a kind cluster named $NAME, builds the image and loads it, runs the end-to-end test there (some six minutes),
then installs the controller with three pods that play Mattermost, and says what to try.
Needs docker, kind, kubectl, helm, npm and make. Ports 8080 and 8443 of this machine must be free.

  --no-test  without the end-to-end test
  --down     remove the cluster
TEXT
}

say() { printf '\n== %s\n' "$*"; }

test_first=yes
case "${1:-}" in
  '') ;;
  --no-test) test_first=no ;;
  --down) exec kind delete cluster --name "$NAME" ;;
  --help) usage && exit 0 ;;
  *) usage >&2 && exit 2 ;;
esac

cd "$(dirname "$0")/../.."
for tool in docker kind kubectl helm npm make; do
  command -v "$tool" >/dev/null || { echo "$tool is missing: install it and run this again" >&2; exit 1; }
done

say "Cluster $NAME"
kind get clusters | grep -qx "$NAME" || kind create cluster --name "$NAME" --config deploy/kind/cluster.yaml --wait 2m
# Whatever kubectl was set to: nothing below may reach another cluster.
kubectl config use-context "kind-$NAME"

say "Image $IMAGE"
make image "IMAGE=$IMAGE" BUILDER=docker
kind load docker-image "$IMAGE" --name "$NAME"

if [ "$test_first" = yes ]; then
  say 'End-to-end test'
  helm uninstall mattermost-ingress --namespace mattermost-ingress --ignore-not-found --wait
  kubectl delete namespace mattermost-ingress mattermost --ignore-not-found
  E2E_ADDRESS=127.0.0.1:8080:8443 E2E_HELM_ARGS=$NODE_PORTS make e2e "IMAGE=$IMAGE" ARGS=controller
fi

say 'Controller and Mattermost'
# shellcheck disable=SC2086 # several words
helm upgrade --install mattermost-ingress charts/mattermost-ingress \
  --namespace mattermost-ingress --create-namespace \
  --set "image.repository=${IMAGE%:*}" --set "image.tag=${IMAGE##*:}" $NODE_PORTS
kubectl apply --server-side --filename deploy/kind/mattermost.yaml
kubectl --namespace mattermost-ingress rollout status deployment/mattermost-ingress --timeout 2m
kubectl --namespace mattermost rollout status deployment/mattermost --timeout 2m
kubectl get mmip --all-namespaces

cat <<'TEXT'

Try:
  curl -i --resolve chat.example.com:8080:127.0.0.1 http://chat.example.com:8080/api/v4/system/ping
  curl -i --resolve chat.example.com:8080:127.0.0.1 -H 'X-Mattermost-Preauth-Secret: replace-with-a-random-secret' \
    http://chat.example.com:8080/api/v4/system/ping
  kubectl edit mmip chat --namespace mattermost
  kubectl --namespace mattermost-ingress logs deployment/mattermost-ingress --follow
  deploy/kind/up.sh --down
TEXT
