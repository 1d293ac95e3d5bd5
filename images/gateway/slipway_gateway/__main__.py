"""`python -m slipway_gateway COMMAND`: what the Pod's containers run."""

from __future__ import annotations

import os
import sys


def _initialise() -> int:
    """The init container: the configuration that Envoy starts with."""
    from slipway_gateway import bootstrap as envoy
    from slipway_gateway import tls
    from slipway_gateway.files import Files
    from slipway_gateway.listening import Ground

    Files(envoy.CONFIG_DIRECTORY).initialise(envoy.bootstrap(), Ground(tls=tls.from_environment()))
    return 0


def _envoy() -> int:
    """The container `envoy`: this process becomes Envoy."""
    from slipway_gateway import bootstrap as envoy
    from slipway_gateway.controller import envoy_binary

    config = f"{envoy.CONFIG_DIRECTORY}/{envoy.BOOTSTRAP_FILE}"
    command = [envoy_binary(), "-c", config, "--drain-time-s", "20", "-l", "warning"]
    command += ["--concurrency", os.environ.get("ENVOY_CONCURRENCY", "2")]
    os.execv(command[0], command)  # noqa: S606 - no shell is wanted here


def _controller() -> int:
    from slipway_controller import watches

    from slipway_gateway.controller import main

    watches.start_log()
    main()
    return 0


def _supervise() -> int:
    from slipway_gateway.supervise import main

    return main()


def _drain() -> int:
    from slipway_gateway.drain import main

    return main()


def main(arguments: list[str]) -> int:
    """Exit code 2 for an unknown command. Imports wait until they are needed: the supervisor stays small."""
    commands = {
        "init": _initialise,
        "envoy": _envoy,
        "controller": _controller,
        "supervise": _supervise,
        "drain": _drain,
    }
    if len(arguments) != 1 or arguments[0] not in commands:
        print(f"usage: python -m slipway_gateway {'|'.join(commands)}", file=sys.stderr)
        return 2
    return commands[arguments[0]]()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
