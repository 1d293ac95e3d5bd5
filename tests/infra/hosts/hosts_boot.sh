#!/usr/bin/env bash
# A host of the test: systemd as pid 1 of namespaces of its own, on an overlay of the common root file system.
# usage: hosts_boot.sh DIRECTORY LOWER PACKAGES MOUNT CGROUP NAME ADDRESS/LENGTH GATEWAY
set -euo pipefail
directory=$1 lower=$2 packages=$3 seen=$4 cgroup=$5 name=$6 address=$7 gateway=$8
# shellcheck source=../../support/machine_boot.sh disable=SC1091
. "$(dirname "$0")/../../support/machine_boot.sh"
[ "${9:-}" = inside ] || enter "$cgroup" "$0" "$@" inside

root=$directory/root
mount -t overlay overlay -o "lowerdir=$lower,upperdir=$directory/upper,workdir=$directory/work" "$root"
mount_kernel "$root"
mount -t tmpfs tmpfs "$root/tmp"
# An overlay cannot lie on an overlay, nor be exported: containerd's own and the volumes stand on the disk.
mkdir -p "$root/var/lib/containerd"
mount --bind "$directory/containerd" "$root/var/lib/containerd"
mount --bind "$directory/srv" "$root/srv"
mount --bind -o ro "$packages" "$root$seen"

hostname "$name"
ip link set lo up
for _ in $(seq 600); do
  ip link show eth0 >/dev/null 2>&1 && break
  sleep 0.1
done
ip address add "$address" dev eth0
ip link set eth0 up
ip route add default via "$gateway"
become "$root" 'exec /lib/systemd/systemd --log-target=console' container=slipway TERM=dumb
