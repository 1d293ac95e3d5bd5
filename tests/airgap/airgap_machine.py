"""The machine without a network: a bare machine with one link, which leads nowhere."""

from __future__ import annotations

from pathlib import Path

import machine_bare

#: Nothing else uses this name: what lies below it is the test's.
GROUP = "slipway-airgap"
#: RFC 5737's second range for documentation: nobody routes it.
ADDRESS = "198.51.100.2/24"
#: A bridge without ports: an address, and no way to anywhere.
LINK = "lan0"


class Machine(machine_bare.Machine):
    """``directory`` holds its disk; ``media`` is a directory that it sees at /media, read-only."""

    def __init__(self, rootfs: Path, directory: Path, media: Path) -> None:
        super().__init__(GROUP, rootfs, directory, [f"ro:{media}:/media"])
        try:
            self.ip("link", "add", LINK, "type", "bridge")
            self.ip("address", "add", ADDRESS, "dev", LINK)
            self.ip("link", "set", LINK, "up")
        except BaseException:
            self.end()
            raise
