"""The same units, kept by systemd where it runs."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

from slipway.host.files import write
from slipway.host.run import attempt, run
from slipway.node.supervisor.spec import Unit

DIRECTORY = Path("/etc/systemd/system")


def unit_file(unit: Unit, logs: Path) -> str:
    """The text of slipway-<name>.service."""
    environment = "".join(f"Environment={_quote(f'{name}={value}')}\n" for name, value in sorted(unit.env.items()))
    return f"""\
# Written by slipway; changes here are lost.
[Unit]
Description=Slipway embedded node: {unit.name}
After=network-online.target slipway-containerd.service
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
ExecStart={" ".join(_quote(word) for word in unit.argv)}
{environment}Restart=always
RestartSec=1
RestartSteps=6
RestartMaxDelaySec=30
KillMode=process
KillSignal={unit.stop_signal}
TimeoutStopSec={unit.stop_seconds:.0f}
Delegate=yes
LimitNOFILE=1048576
LimitNPROC=infinity
TasksMax=infinity
OOMScoreAdjust=-999
StandardOutput=append:{logs / (unit.name + ".log")}
StandardError=inherit

[Install]
WantedBy=multi-user.target
"""


def logrotate_file(logs: Path) -> str:
    """systemd appends to the files; logrotate, where installed, bounds them."""
    return f"{logs}/*.log {{\n  size 10M\n  rotate 3\n  copytruncate\n  missingok\n  notifempty\n}}\n"


def _quote(word: str) -> str:
    # In unit files % starts a specifier and $ a variable: both are doubled (systemd.unit(5), systemd.service(5)).
    return shlex.quote(word.replace("%", "%%").replace("$", "$$")) if word else '""'


class Systemd:
    """Units as services named slipway-<name>."""

    def __init__(self, logs: Path) -> None:
        self.logs = logs

    def apply(self, unit: Unit) -> None:
        """Have a unit running with exactly this specification."""
        service = f"slipway-{unit.name}.service"
        self.logs.mkdir(parents=True, exist_ok=True)
        changed = write(DIRECTORY / service, unit_file(unit, self.logs))
        if changed:
            write(Path("/etc/logrotate.d/slipway"), logrotate_file(self.logs))
            run(["systemctl", "daemon-reload"])
            run(["systemctl", "enable", service])
        run(["systemctl", "restart" if changed else "start", service], what=f"start of {service}")

    def remove(self, name: str) -> None:
        """Stop a unit; it does not come back at boot."""
        attempt(["systemctl", "disable", "--now", f"slipway-{name}.service"])
        (DIRECTORY / f"slipway-{name}.service").unlink(missing_ok=True)

    def restart(self, name: str) -> None:
        """End a unit's process and start it again."""
        run(["systemctl", "restart", f"slipway-{name}.service"])

    def signal(self, name: str, number: int) -> None:
        """Send a signal to a unit's process."""
        attempt(["systemctl", "kill", "--kill-who=main", f"--signal={number}", f"slipway-{name}.service"])

    def units(self) -> list[dict[str, Any]]:
        """The same shape as the supervisor's report."""
        names = []
        for path in sorted(DIRECTORY.glob("slipway-*.service")):
            text = run(["systemctl", "show", path.name, "--property=ActiveState,MainPID,NRestarts,Result"])
            names.append(report(path.name, text))
        return names

    def quit(self) -> None:
        """Forget what was removed."""
        Path("/etc/logrotate.d/slipway").unlink(missing_ok=True)
        attempt(["systemctl", "daemon-reload"])


def report(service: str, text: str) -> dict[str, Any]:
    """One unit's report from the output of ``systemctl show``."""
    values = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    state = {"active": "running", "activating": "waiting", "deactivating": "stopping"}
    return {
        "name": service.removeprefix("slipway-").removesuffix(".service"),
        "state": state.get(values.get("ActiveState", ""), "stopped"),
        "pid": int(values.get("MainPID") or 0) or None,
        "seconds": None,
        "restarts": int(values.get("NRestarts") or 0),
        "last": values.get("Result", ""),
    }
