#!/usr/bin/env bash
# A machine without a network: namespaces of its own, a root file system of its own, nothing of the host's but the
# kernel. usage: airgap_boot.sh ROOT MEDIA CGROUP; whoever ends it (SIGKILL) ends the machine.
# It calls itself a second time, inside.
set -euo pipefail
root=$1 media=$2 cgroup=$3
top=/sys/fs/cgroup

if [ "${4:-}" != inside ]; then
  for hierarchy in "$top" "$top"/*; do
    [ ! -d "$hierarchy$cgroup" ] || echo $$ >"$hierarchy$cgroup/cgroup.procs"
  done
  exec setpriv --pdeathsig KILL unshare --fork --kill-child --pid --mount --uts --ipc --net --cgroup "$0" "$@" inside
fi

mount --bind "$root" "$root"
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
mount --bind -o ro "$media" "$root/media"
hostname airgap

cd "$root"
mkdir -p .outside
pivot_root . .outside
# The first process takes the orphans of all others.
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin /bin/bash -c \
  'umount -l /.outside && rmdir /.outside && touch /run/booted && while :; do sleep 3600 & wait $!; done' </dev/null
