"""Keeps the node's processes alive where systemd does not run. Standard library only: it stays resident.

Children write to their log files themselves and outlive the supervisor; a new one finds them by pid and start time.
"""
