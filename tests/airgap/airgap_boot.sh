#!/usr/bin/env bash
# A machine without a network: namespaces of its own, a root file system of its own, nothing of the host's but the
# kernel. usage: airgap_boot.sh ROOT MEDIA CGROUP
set -euo pipefail
root=$1 media=$2 cgroup=$3
# shellcheck source=../support/machine_boot.sh disable=SC1091
. "$(dirname "$0")/../support/machine_boot.sh"
[ "${4:-}" = inside ] || enter "$cgroup" "$0" "$@" inside

mount --bind "$root" "$root"
mount_kernel "$root"
mount --bind -o ro "$media" "$root/media"
hostname airgap
# The first process takes the orphans of all others.
become "$root" 'touch /run/booted && while :; do sleep 3600 & wait $!; done'
