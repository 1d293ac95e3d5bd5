#!/bin/sh
# Removes from a host that left its cluster what kubeadm leaves: links, addresses and rules of the Pods' network.
# Only names of flannel's, kube-proxy's, the kubelet's and Slipway's; says "removed" when there was something.
set -eu
# The kubelet's mounts, and that of its directory on itself; a disk of its own (whose root is "/") stays.
awk '$5 ~ "^/var/lib/kubelet/" || ($5 == "/var/lib/kubelet" && $4 != "/") { print $5 }' /proc/self/mountinfo | sort -r |
  while read -r point; do
    umount "$point" || umount --lazy "$point"
    echo "removed the mount $point"
  done
for link in flannel.1 cni0; do
  if ip link show "$link" >/dev/null 2>&1; then
    ip link delete "$link"
    echo "removed $link"
  fi
done
for path in /etc/cni/net.d/10-flannel.conflist /var/lib/cni /run/flannel; do
  if [ -e "$path" ]; then
    rm -rf "$path"
    echo "removed $path"
  fi
done
for table in "iptables" "ip6tables"; do
  command -v "$table-save" >/dev/null || continue
  if "$table-save" | grep -Eq 'KUBE-|FLANNEL-|SLIPWAY-'; then
    "$table-save" | grep -Ev 'KUBE-|FLANNEL-|SLIPWAY-|flanneld' | "$table-restore"
    echo "removed rules of $table"
  fi
done
