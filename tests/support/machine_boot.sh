#!/usr/bin/env bash
# What every machine of the tests is made with; read by the script that boots one, which calls itself a second time,
# inside. Whoever ends the outer process (SIGKILL) ends the machine.
top=/sys/fs/cgroup

# enter CGROUP COMMAND…: go on as COMMAND, in the group and in namespaces of its own.
enter() {
  local cgroup=$1 hierarchy
  shift
  for hierarchy in "$top" "$top"/*; do
    [ ! -d "$hierarchy$cgroup" ] || echo $$ >"$hierarchy$cgroup/cgroup.procs"
  done
  # The end of the test ends unshare, whose end ends the machine.
  exec setpriv --pdeathsig KILL unshare --fork --kill-child --pid --mount --uts --ipc --net --cgroup "$@"
}

# mount_kernel ROOT: what the kernel shows of itself, the machine's own groups, devices and /run.
mount_kernel() {
  local root=$1 path controller device number
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
}

# become ROOT COMMAND [NAME=VALUE]…: the root is the machine's own, and COMMAND (of a shell) its first process.
become() {
  local root=$1 command=$2
  shift 2
  cd "$root" || exit
  mkdir -p .outside
  pivot_root . .outside
  exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@" \
    /bin/bash -c "umount -l /.outside && rmdir /.outside && $command" </dev/null
}
