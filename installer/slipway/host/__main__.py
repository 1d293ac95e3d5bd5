"""``python -m slipway.host OPERATION``: have the host's programs for an operation, for make and for playbooks."""

from __future__ import annotations

import sys

from slipway.errors import EXIT_BAD_INPUT, SlipwayError
from slipway.host import needs, packages
from slipway.progress import Reporter


def main(words: list[str]) -> int:
    """The exit code: 0 when all is there."""
    if len(words) != 1 or words[0] not in needs.OPERATIONS:
        print(f"usage: python -m slipway.host OPERATION, one of: {', '.join(needs.OPERATIONS)}", file=sys.stderr)
        return EXIT_BAD_INPUT
    try:
        packages.ensure(words[0], Reporter())
    except SlipwayError as error:
        print(f"✗ {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
