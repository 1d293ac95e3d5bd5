"""python -m slipway_serving, in the directory of the model (/microservice)."""

from __future__ import annotations

import multiprocessing
import os
import sys
from pathlib import Path

from slipway_serving.environment import BadEnvironment, arguments, merge, read


def main() -> None:
    """Run the microservice until SIGTERM. Exit code 2 when the environment cannot be."""
    file = Path(".s2i/environment")
    try:
        settings = read(file.read_text(encoding="utf-8")) if file.is_file() else {}
        os.environ.update(merge(os.environ, settings))
        sys.argv = ["seldon-core-microservice", *arguments(os.environ), *sys.argv[1:]]
    except BadEnvironment as error:
        print(f"serving: {error}", file=sys.stderr)
        sys.exit(2)
    # Late: its modules read the environment when they are imported.
    from seldon_core.microservice import main as serve

    process = os.getpid()
    try:
        serve()
    finally:
        # gunicorn's workers come by here too. The first process would wait for its gRPC server, which nobody stops.
        if os.getpid() == process:
            for child in multiprocessing.active_children():
                child.terminate()


if __name__ == "__main__":
    main()
