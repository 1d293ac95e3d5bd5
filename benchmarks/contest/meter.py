"""Runs one command and prints what it took, as JSON, on the last line of standard error.

A program of its own, and a small one: what the kernel tells of a process's memory begins with that of the process that
forked it, so a benchmark with a big interpreter could not measure a small command.
"""

import json
import os
import sys
import time


def main() -> None:
    """{"seconds", "cpu" in seconds, "memory" in KiB: of the largest process of the command, "code"}."""
    start = time.monotonic()
    pid = os.fork()
    if pid == 0:
        os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606
    _, status, usage = os.wait4(pid, 0)
    taken = {
        "seconds": time.monotonic() - start,
        "cpu": usage.ru_utime + usage.ru_stime,
        "memory": usage.ru_maxrss,
        "code": os.waitstatus_to_exitcode(status),
    }
    sys.stdout.flush()
    os.write(2, ("\n" + json.dumps(taken) + "\n").encode())


main()
