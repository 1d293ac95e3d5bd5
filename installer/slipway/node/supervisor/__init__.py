"""Keeps the node's processes alive where systemd does not run. Standard library only: it stays resident.

Children write to their log files themselves and outlive the supervisor; a new one finds them by pid and start time.

Why not runit or s6 of Debian 12, which were tried: a supervisor of theirs that is killed leaves its child running, and
the next one starts a second beside it (runsv 2.1.2 and s6-supervise 2.11.3: two of each), for the kubelet and etcd's
containerd the worst that can happen. What else is needed here they leave to scripts of one's own: an order of the stops
with a deadline each, all that a service forked, a reboot told from a restart.
"""
