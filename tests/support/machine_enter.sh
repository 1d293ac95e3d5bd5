#!/usr/bin/env bash
# Runs a command in a machine: machine_enter.sh PID CGROUP [NAME=VALUE]… -- COMMAND…; its processes belong to the
# machine's group.
set -euo pipefail
pid=$1 cgroup=$2
shift 2
variables=()
while [ "$1" != -- ]; do
  variables+=("$1")
  shift
done
shift
for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/*; do
  [ ! -d "$hierarchy$cgroup" ] || echo $$ >"$hierarchy$cgroup/cgroup.procs"
done
# The cgroup namespace comes with the group.
exec nsenter --target "$pid" --mount --uts --ipc --net --pid --cgroup --root --wd \
  env -i HOME=/root LC_ALL=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "${variables[@]}" \
  /bin/sh -c 'cd && exec "$@"' sh "$@"
