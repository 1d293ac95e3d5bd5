#!/usr/bin/env bash
# The layers that need the platform: brings it up, tests it, and takes down what it brought up.
# A platform that a user already has here is tested too, but neither killed nor removed (CI=true: it is).
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
slipway=.venv/bin/slipway
# The hosts in namespaces need no platform: make hosts.
layers=(tests/e2e tests/conformance tests/infra --ignore=tests/infra/hosts)
owned=yes
if [ "${CI:-}" != true ] && [ -e /etc/kubernetes/admin.conf ]; then
  owned=no
  echo "a cluster is here already: its lifecycle (kill, down) is not tested; 'make lifecycle' does that"
fi
mkdir -p out
# shellcheck disable=SC2329  # called by the trap
finish() {
  code=$?
  if [ "$owned" = yes ]; then
    "$slipway" down --data || code=1
  fi
  exit "$code"
}
trap finish EXIT
"$slipway" up || { echo "'slipway up' failed" >&2; exit 1; }
code=0
.venv/bin/pytest -q --junitxml=out/platform.xml "${layers[@]}" || code=1
if [ "$owned" = yes ]; then
  # A process of its own: what the others clean up at their end needs the cluster that this one removes.
  .venv/bin/pytest -q --junitxml=out/lifecycle.xml tests/lifecycle || code=1
fi
exit "$code"
