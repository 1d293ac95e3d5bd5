"""The runner with layers that are small shell scripts: `python layers_fake.py JSON`, a program that tests interrupt."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import layers_leftovers as leftovers
from layers_machine import Machine
from layers_model import Layer
from layers_platform import Place
from layers_run import play_all
from layers_schedule import Run, environment


def main(told: dict[str, Any]) -> int:
    """``told``: layers (name → script, and the name of the one that it may run beside), and what the rest is called."""
    directory = Path(told["directory"])
    layers = [
        Layer(
            item["name"],
            60,
            machines=item.get("machines", False),
            platform=item.get("platform", False),
            beside=frozenset(item.get("beside", ())),
            command=("sh", "-c", item["script"]),
        )
        for item in told["layers"]
    ]
    namespaces = told.get("namespaces", "")
    machine = Machine(root=True, namespaces=namespaces, cgroups="", sources="", disk=100, memory=20, cores=2)
    print(f"swept {len(leftovers.sweep(directory))}", flush=True)
    run = Run(directory, directory, environment(), told.get("abreast", 1))
    place = Place(directory / "slipway", directory / "admin.conf")
    return play_all(layers, machine, run, place, demanded=told.get("demanded", False))


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
