"""A process that holds a Lease, with a clock that is off by so many seconds.

Arguments: kubeconfig, namespace, name of the Lease, offset. Every line of its input is the name of a ConfigMap to
write; it answers "written", or with the error. Empty input ends it.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta

from slipway.errors import SlipwayError
from slipway.kube import Client, Ref, lease
from slipway.progress import Reporter

#: Seconds: tests do not wait for half a minute.
QUICK = {"DURATION": 4, "RENEWAL": 0.5, "MARGIN": 1}


def main() -> None:
    """Hold it until the input ends."""
    kubeconfig, namespace, name, offset = sys.argv[1:]
    for key, seconds in QUICK.items():
        setattr(lease, key, seconds)
    wrong = timedelta(seconds=float(offset))
    lease.stamp = lambda: (datetime.now(UTC) + wrong).strftime(lease.TIME)
    client = Client.from_kubeconfig(kubeconfig)
    with lease.Held(client, Ref(lease.API, "Lease", namespace, name), f"holder {offset}", "test", Reporter()):
        print("held", flush=True)
        for line in sys.stdin:
            meta = {"name": line.strip(), "namespace": namespace}
            try:
                client.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta})
                print("written", flush=True)
            except SlipwayError as error:
                print(error.what, flush=True)


if __name__ == "__main__":
    main()
