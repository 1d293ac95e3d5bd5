"""tensorflow_model_server: what ends it before its time is one sentence, also the Pod's last words."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import suppress
from pathlib import Path

from slipway_tensorflow import settings
from slipway_tensorflow.errors import BadStart

TERMINATION_LOG = Path("/dev/termination-log")


def main() -> int:
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    try:
        read = settings.parse(sys.argv[1:], os.environ)
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        from slipway_tensorflow import server  # TensorFlow takes seconds; a wrong flag is told before

        server.run(read)
    except BadStart as error:
        print(f"tensorflow server: {error}", file=sys.stderr, flush=True)
        with suppress(OSError):  # absent outside of Kubernetes
            TERMINATION_LOG.write_text(str(error), encoding="utf-8")
        return error.exit_code
    logging.shutdown()
    # Every request is answered. Taking TensorFlow apart piece by piece takes seconds, of those that a Pod has to end.
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
