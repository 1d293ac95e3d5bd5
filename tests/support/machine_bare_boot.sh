#!/usr/bin/env bash
# A machine of namespaces and a root file system of its own: nothing of the host's but the kernel, and what is lent.
# usage: machine_bare_boot.sh ROOT CGROUP NAME [ro:SOURCE:TARGET | copy:SOURCE:UPPER:WORK:TARGET]…
# ro: read-only; copy: SOURCE shows through, what is written goes to UPPER (WORK is empty, beside it).
set -euo pipefail
root=$1 cgroup=$2 name=$3
# shellcheck source=machine_boot.sh disable=SC1091
. "$(dirname "$0")/machine_boot.sh"
[ "${!#}" = inside ] || enter "$cgroup" "$0" "$@" inside

mount --bind "$root" "$root"
mount_kernel "$root"
for lent in "${@:4:$#-4}"; do
  IFS=: read -r how source upper work target <<<"$lent"
  case $how in
  ro)
    mkdir -p "$root$upper"
    mount --bind -o ro "$source" "$root$upper"
    ;;
  copy)
    mkdir -p "$root$target"
    mount -t overlay overlay -o "lowerdir=$source,upperdir=$upper,workdir=$work" "$root$target"
    ;;
  esac
done
hostname "$name"
# The first process takes the orphans of all others.
become "$root" 'touch /run/booted && while :; do sleep 3600 & wait $!; done'
