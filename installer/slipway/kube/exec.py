"""Commands in containers, over the websocket of the official client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from slipway.kube.client import ExecResult


def run(api: Any, namespace: str, pod: str, command: list[str], container: str, timeout: float) -> ExecResult:
    """Run ``command``; raises NotYet after ``timeout`` seconds without an end."""
    import copy

    from kubernetes import client
    from kubernetes.stream import stream

    from slipway.errors import NotYet
    from slipway.kube.client import ExecResult

    # stream() patches the ApiClient that it is given: it gets a copy of its own.
    core = client.CoreV1Api(copy.copy(api))
    extra = {"container": container} if container else {}
    channel = stream(
        core.connect_get_namespaced_pod_exec,
        pod,
        namespace,
        command=command,
        stdout=True,
        stderr=True,
        stdin=False,
        tty=False,
        _preload_content=False,
        **extra,
    )
    channel.run_forever(timeout=timeout)
    if channel.is_open():
        channel.close()
        raise NotYet(f"{command[0]} did not end within {timeout:.0f} s", f"pod {namespace}/{pod}")
    return ExecResult(channel.returncode or 0, channel.read_stdout(), channel.read_stderr())
