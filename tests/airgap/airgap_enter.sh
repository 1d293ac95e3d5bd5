#!/usr/bin/env bash
# Runs a command in the machine: airgap_enter.sh PID CGROUP COMMAND…; its processes belong to the machine's group.
set -euo pipefail
pid=$1 cgroup=$2
shift 2
for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/*; do
  [ ! -d "$hierarchy$cgroup" ] || echo $$ >"$hierarchy$cgroup/cgroup.procs"
done
# The cgroup namespace comes with the group.
exec nsenter --target "$pid" --mount --uts --ipc --net --pid --cgroup --root --wd \
  env -i HOME=/root LC_ALL=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  /bin/sh -c 'cd && exec "$@"' sh "$@"
