#!/usr/bin/env bash
# A host of the test: systemd as pid 1 of namespaces of its own, on an overlay of the common root file system.
# usage: hosts_boot.sh DIRECTORY LOWER PACKAGES MOUNT CGROUP NAME ADDRESS/LENGTH GATEWAY
# It calls itself a second time, inside. Whoever ends the outer process (SIGKILL) ends the host.
set -euo pipefail
directory=$1 lower=$2 packages=$3 seen=$4 cgroup=$5 name=$6 address=$7 gateway=$8
top=/sys/fs/cgroup

if [ "${9:-}" != inside ]; then
  for hierarchy in "$top" "$top"/*; do
    [ ! -d "$hierarchy$cgroup" ] || echo $$ >"$hierarchy$cgroup/cgroup.procs"
  done
  # The end of the test ends unshare, whose end ends the host.
  exec setpriv --pdeathsig KILL unshare --fork --kill-child --pid --mount --uts --ipc --net --cgroup "$0" "$@" inside
fi

root=$directory/root
mount -t overlay overlay -o "lowerdir=$lower,upperdir=$directory/upper,workdir=$directory/work" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
if [ -e "$top/cgroup.controllers" ]; then
  mount -t cgroup2 cgroup2 "$root$top"
else
  mount -t tmpfs -o mode=755 tmpfs "$root$top"
  for path in "$top"/*; do
    controller=${path##*/}
    [ "$controller" != unified ] || continue
    [ "$controller" != systemd ] || controller=none,name=systemd
    mkdir "$root$path"
    mount -t cgroup -o "$controller" cgroup "$root$path"
  done
fi

mkdir -p "$root/dev"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for device in null zero full random urandom tty kmsg; do
  touch "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
mount -t tmpfs tmpfs "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
for number in 0:stdin 1:stdout 2:stderr; do
  ln -s "/proc/self/fd/${number%:*}" "$root/dev/${number#*:}"
done
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
# An overlay cannot lie on an overlay, nor be exported: containerd's own and the volumes stand on the disk.
mkdir -p "$root/var/lib/containerd"
mount --bind "$directory/containerd" "$root/var/lib/containerd"
mount --bind "$directory/srv" "$root/srv"
mount --bind -o ro "$packages" "$root$seen"

hostname "$name"
ip link set lo up
for _ in $(seq 300); do
  ip link show eth0 >/dev/null 2>&1 && break
  sleep 0.1
done
ip address add "$address" dev eth0
ip link set eth0 up
ip route add default via "$gateway"

cd "$root"
mkdir -p .outside
pivot_root . .outside
exec env -i container=slipway PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb \
  /bin/sh -c 'umount -l /.outside && rmdir /.outside && exec /lib/systemd/systemd --log-target=console' </dev/null
