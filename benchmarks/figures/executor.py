"""What the service orchestrator adds to a request: graphs of units that only echo, side by side with one unit alone.

The caller asks the unit and the orchestrator in turn. Times are the difference of both, CPU is the orchestrator's own.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docker_registry import free_port
from executor_program import Executor, Units, predictor, running
from figure import ROOT, Figure
from slipway.artifacts import golang, toolchain

SOURCE = ROOT / "benchmarks/executor"
COMMAND = "make bench ONLY=executor"
#: The unit that answers by gRPC.
GRPC = "grpc"
#: What the program gives itself in a container that may use one processor or less, as it may by default.
ONE_THREAD = {"GOMAXPROCS": "1"}
REQUESTS, LARGE_REQUESTS = 5000, 300
KIB, LARGE = 1000, 1_000_000


def graphs(made: Units) -> dict[str, Any]:
    """Name → graph, smallest first. Units share servers: they only echo."""

    def chain(*names: str) -> Any:
        head, *rest = names
        return made.unit(head, "TRANSFORMER" if rest else "MODEL", *([chain(*rest)] if rest else []))

    leaves = (made.unit("b", "MODEL"), made.unit("c", "MODEL"))
    return {
        "one unit": chain("a"),
        "chain of 3": chain("a", "b", "c"),
        "combiner of 2": made.unit("a", "COMBINER", *leaves),
        "router": made.unit("a", "ROUTER", *leaves),
    }


def measure() -> list[Figure]:
    """REST with 1 KB for all graphs; REST and gRPC with 1 KB and 1 MB for one unit."""
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as directory:
        load = Path(directory) / "load"
        subprocess.run(
            [toolchain.program(), "build", "-trimpath", "-buildvcs=false", "-o", load, "."],
            cwd=SOURCE,
            env={**os.environ, **golang.ENVIRONMENT},
            check=True,
        )
        with echoing(load) as made:
            for name, graph in graphs(made).items():
                figures += of_graph(load, made, name, graph, REQUESTS, KIB)
            one = graphs(made)["one unit"]
            figures += of_graph(load, made, "one unit, 1 MB", one, LARGE_REQUESTS, LARGE)
            one["endpoint"]["grpcPort"] = made.ports[GRPC]
            figures += of_graph(load, made, "one unit, gRPC", one, REQUESTS, KIB)
            figures += of_graph(load, made, "one unit, gRPC, 1 MB", one, LARGE_REQUESTS, LARGE)
    return figures


@contextlib.contextmanager
def echoing(load: Path) -> Iterator[Units]:
    """Three units of one process by HTTP, one by gRPC."""
    made = Units({name: free_port() for name in (GRPC, "a", "b", "c")})
    process = subprocess.Popen([load, "units", *(f"127.0.0.1:{port}" for port in made.ports.values())])
    try:
        yield made
    finally:
        process.kill()
        process.wait()


def of_graph(load: Path, made: Units, name: str, graph: Any, requests: int, size: int) -> list[Figure]:
    """Added p50 and p99, CPU of a request, memory afterwards."""
    with running({**predictor(graph), **ONE_THREAD}) as executor:
        both = (f"http://127.0.0.1:{made.ports['a']}/predict", f"{executor.url}/api/v1.0/predictions")
        if GRPC + "Port" in graph["endpoint"]:
            both = (f"127.0.0.1:{made.ports[GRPC]}", executor.grpc)
        before = cpu(executor)
        done = subprocess.run([load, "ask", str(requests), str(size), *both], capture_output=True, check=True)
        spent = (cpu(executor) - before) / (requests * 1.1)
        taken = json.loads(done.stdout)
        memory = executor.memory() / 1024
    added = {part: (taken["through"][part] - taken["direct"][part]) * 1000 for part in ("p50", "p99")}
    one = name.startswith("one unit") and size == KIB
    return [
        Figure(f"orchestrator, {name}: added p50", added["p50"], "ms", COMMAND, 0.3 if one else None),
        Figure(f"orchestrator, {name}: added p99", added["p99"], "ms", COMMAND),
        Figure(f"orchestrator, {name}: CPU of a request", spent * 1000, "ms", COMMAND),
        Figure(f"orchestrator, {name}: memory", memory, "MiB", COMMAND, 25 if size == KIB else None),
    ]


def cpu(executor: Executor) -> float:
    """Seconds that the process has computed so far."""
    fields = Path(f"/proc/{executor.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
