"""The edge: kopf's watches put keys into the queue, workers take them out."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import os
from pathlib import Path
from typing import Any

import kopf

from slipway_seldon.api import Api, ApiError
from slipway_seldon.labels import ID
from slipway_seldon.model import Options
from slipway_seldon.reconcile import Key, Reconciler
from slipway_seldon.workqueue import WorkQueue

log = logging.getLogger(__name__)
_TOKEN = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
#: Names that do not show their owner's (hashes) still carry the owner's reference.
_OWNER = ("machinelearning.seldon.io", "SeldonDeployment")


def key_of(body: Any) -> Key | None:
    """Which SeldonDeployment an owned object belongs to: by its controlling owner, else by the label."""
    meta = body.get("metadata") or {}
    namespace = str(meta.get("namespace", ""))
    for owner in meta.get("ownerReferences") or []:
        if (str(owner.get("apiVersion", "")).partition("/")[0], owner.get("kind")) == _OWNER:
            return namespace, str(owner["name"])
    name = (meta.get("labels") or {}).get(ID)
    return (namespace, str(name)) if name else None


def login(settings: kopf.OperatorSettings, **_: Any) -> kopf.ConnectionInfo | None:
    """The Pod's service account; outside of a cluster the kubeconfig. Not by DNS, which may start later than we."""
    info = kopf.login_with_service_account(settings=settings) or kopf.login_with_kubeconfig(settings=settings)
    host, port = os.environ.get("KUBERNETES_SERVICE_HOST"), os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    if info and host and _TOKEN.exists():
        host = f"[{host}]" if ":" in host else host
        info = dataclasses.replace(info, server=f"https://{host}:{port}")
    return info


def _headers(info: kopf.ConnectionInfo) -> dict[str, str]:
    if _TOKEN.exists():
        return {"Authorization": f"Bearer {_TOKEN.read_text().strip()}"}
    return dict(info.as_http_headers())


async def work(queue: WorkQueue[Key], reconciler: Reconciler) -> None:
    """Take keys forever. An error costs its own key a delay, and nothing else anything."""
    while True:
        key = await queue.get()
        try:
            again = await reconciler.reconcile(key)
        except ApiError as error:
            # A conflict means that our view was old: nothing is wrong.
            level = logging.INFO if error.status == 409 else logging.WARNING
            log.log(level, "%s/%s: %s; again in %.1f s", *key, error, queue.failed(key))
        except Exception:
            log.exception("%s/%s: again in %.1f s", *key, queue.failed(key))
        else:
            queue.done(key)
            if again is not None:
                queue.add_later(key, again)


class Operator:
    """Handlers, queue and workers of one process."""

    def __init__(self, options: Options, workers: int = 4) -> None:
        self.options = options
        self.queue: WorkQueue[Key] = WorkQueue()
        self._workers, self._tasks = workers, list[asyncio.Task[None]]()
        self._api: Api | None = None

    async def start(self, settings: kopf.OperatorSettings, **_: Any) -> None:
        """Set kopf up as a mere watcher, connect, and start the workers."""
        settings.posting.enabled = False
        settings.peering.standalone = True
        settings.watching.server_timeout, settings.watching.client_timeout = 300, 330
        settings.queueing.idle_timeout = 1.0
        # An hour without an API server, before kopf gives up and the kubelet starts the process anew.
        settings.networking.error_backoffs = (1, 1, 2, 3, 5, *[10] * 360)
        info = login(settings)
        if info is None:
            raise kopf.PermanentError("no service account and no kubeconfig: cannot reach an API server")
        self._api = Api(str(info.server), lambda: _headers(info), info.as_ssl_context())
        reconciler = Reconciler(self._api, self.options)
        self._tasks += [asyncio.create_task(work(self.queue, reconciler)) for _ in range(self._workers)]

    async def stop(self, **_: Any) -> None:
        """End the workers; a request under way is not repeated, the next start does what is left."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._api:
            await self._api.__aexit__(None, None, None)

    async def changed(self, namespace: str | None, name: str | None, **_: Any) -> None:
        """A SeldonDeployment came, changed or went."""
        self.queue.add((namespace or "", name or ""))

    async def owned(self, body: Any, **_: Any) -> None:
        """An object that may be a SeldonDeployment's came, changed or went."""
        key = key_of(body)
        if key:
            self.queue.add(key)

    async def alive(self, **_: Any) -> int:
        """For the liveness probe: kopf asks each; a worker that ended ends the process' health."""
        if any(task.done() for task in self._tasks):
            raise RuntimeError("a worker has ended")
        return len(self.queue)

    def registry(self) -> kopf.OperatorRegistry:
        """kopf's handlers: events only, so that no object gets a finalizer or annotations of kopf's."""
        registry = kopf.OperatorRegistry()
        kopf.on.startup(registry=registry)(self.start)
        kopf.on.cleanup(registry=registry)(self.stop)
        kopf.on.login(registry=registry)(login)
        kopf.on.probe(registry=registry, id="queue")(self.alive)
        kopf.on.event("machinelearning.seldon.io", "v1", "seldondeployments", registry=registry)(self.changed)
        kopf.on.event("apps", "v1", "deployments", registry=registry)(self.owned)
        kopf.on.event("", "v1", "pods", registry=registry, labels={ID: kopf.PRESENT})(self.owned)
        kopf.on.event("", "v1", "services", registry=registry)(self.owned)
        kopf.on.event("getambassador.io", "v2", "mappings", registry=registry)(self.owned)
        return registry
