"""The client: JSON over urllib3."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, cast
from urllib.parse import urlencode

from slipway.errors import SlipwayError
from slipway.kube.answers import ApiError, ExecResult, NoConnection, NoNamespace, NotServed, Unavailable
from slipway.kube.connection import Connection, connect
from slipway.kube.discovery import ACCEPT, Resource, resources, stale
from slipway.kube.http_transport import FAULTS
from slipway.kube.kubeconfig import choose
from slipway.kube.objects import Obj, Ref, ref_of
from slipway.kube.watch import events, is_behind

FIELD_MANAGER = "slipway"
APISERVICE = (
    "kubectl get apiservice: is what serves this group running? delete the APIService if nothing is to serve it"
)
#: How often, and for at most how many seconds at a time, a server that says "later" is asked again.
BUSY_TRIES, BUSY_SECONDS = 8, 5


class Client:
    """Requests to one API server. Thread-safe; discovery is cached and refreshed on a miss."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._resources: dict[tuple[str, str], Resource] = {}
        #: API versions whose APIService did not answer when the server was asked what it serves.
        self._stale: set[str] = set()
        self._lock = threading.Lock()
        #: What the server's audit log calls this client.
        self.agent = "slipway"
        #: What happens to an object before ``create`` sends it: probes' images come from where the platform's do.
        self.outgoing: Callable[[Obj], Obj] = lambda obj: obj
        #: Is called before whatever may write; raises where nothing is to be written any more (kube/lease.py).
        self.fence: Callable[[], None] = lambda: None

    @classmethod
    def from_kubeconfig(cls, path: str | Path | None = None, context: str | None = None) -> Client:
        """A client for a kubeconfig file (default: what kube/kubeconfig.py says).

        Raises SlipwayError when the file or context cannot be used.
        """
        return cls(connect(choose(path, context)))

    @property
    def server(self) -> str:
        """The API server's URL."""
        return self._connection.host

    @property
    def context(self) -> str:
        """The name of the kubeconfig's context."""
        return self._connection.context

    @property
    def where(self) -> dict[str, str]:
        """Which cluster, for reports: the context and the server."""
        return {"context": self.context, "server": self.server}

    # -- raw -----------------------------------------------------------------------------------------------------

    def request(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        query: dict[str, Any] | None = None,
        content_type: str = "application/json",
        accept: str = "application/json",
        timeout: float = 30.0,
    ) -> Any:
        """One request; JSON is parsed, other text returned as str. Raises ApiError, or NoConnection."""
        response = self._send(method, path, body, query, content_type, accept, timeout, stream=False)
        text = response.data.decode("utf-8", "replace")
        if "json" in response.headers.get("Content-Type", ""):
            return json.loads(text)
        return text

    def _send(
        self,
        method: str,
        path: str,
        body: Any,
        query: dict[str, Any] | None,
        content_type: str,
        accept: str,
        timeout: float,
        *,
        stream: bool,
    ) -> Any:
        headers = {"Accept": accept, "User-Agent": self.agent}
        data = None
        if body is not None:
            headers["Content-Type"] = content_type
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
        url = self.server + path + (f"?{urlencode(query)}" if query else "")
        response = self._once(method, url, data, headers, timeout, stream=stream)
        if response.status == 401 and self._connection.renew():
            response.drain_conn()
            response = self._once(method, url, data, headers, timeout, stream=stream)
        for _ in range(BUSY_TRIES):
            pause = response.headers.get("Retry-After", "")
            if response.status != 429 or not pause.isdigit():
                break
            # Too many requests, or a new CRD's storage is being made; the server says how long that takes.
            response.drain_conn()
            time.sleep(min(int(pause), BUSY_SECONDS))
            response = self._once(method, url, data, headers, timeout, stream=stream)
        if response.status >= 400:
            raise _api_error(method, path, response.status, response.data.decode("utf-8", "replace"))
        return response

    def _once(
        self, method: str, url: str, data: bytes | None, headers: dict[str, str], timeout: float, *, stream: bool
    ) -> Any:
        if method != "GET":
            self.fence()
        headers = self._connection.authorize(headers)
        transport = self._connection.transport
        if transport and not stream:
            try:
                return transport.request(method, url, data, headers, timeout)
            except FAULTS as error:
                raise NoConnection(f"no answer: {_reason(error)}", self.server, _NO_ANSWER) from error
        import urllib3

        try:
            return self._connection.pool().request(
                method,
                url,
                body=data,
                headers=headers,
                timeout=urllib3.Timeout(connect=5.0, read=timeout),
                retries=False,
                preload_content=not stream,
            )
        except urllib3.exceptions.HTTPError as error:
            raise NoConnection(f"no answer: {_reason(error)}", self.server, _NO_ANSWER) from error

    # -- objects -------------------------------------------------------------------------------------------------

    def resource(self, api_version: str, kind: str) -> Resource:
        """How an API kind is served. Raises NotServed when the server does not know it (yet)."""
        key = (api_version, kind)
        if key not in self._resources:
            with self._lock:
                if key not in self._resources:
                    self.refresh_discovery()
        if key not in self._resources and api_version in self._stale:
            version, group = api_version.rpartition("/")[::2][::-1]
            raise Unavailable(
                f"the APIService {version}.{group}, which serves {kind}, does not answer", self.server, APISERVICE
            )
        if key not in self._resources:
            raise NotServed(f"the API server does not serve {kind} of {api_version}", self.server)
        return self._resources[key]

    def refresh_discovery(self) -> None:
        """Ask the server again what it serves."""
        for root in ("/api", "/apis"):
            document = self.request("GET", root, accept=ACCEPT)
            self._stale = {*stale(document), *(self._stale if root == "/apis" else ())}
            for resource in resources(document):
                self._resources[(resource.api_version, resource.kind)] = resource

    def served(self) -> list[Resource]:
        """Every resource that the server serves."""
        self.refresh_discovery()
        return list(self._resources.values())

    def get(self, api_version: str, kind: str, name: str, namespace: str = "") -> Obj | None:
        """The object, or None when there is none."""
        try:
            return cast(Obj, self.request("GET", self.resource(api_version, kind).path(namespace, name)))
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def objects(
        self,
        api_version: str,
        kind: str,
        namespace: str = "",
        *,
        labels: str = "",
        fields: str = "",
        accept: str = "application/json",
    ) -> list[Obj]:
        """The objects of a kind, in a namespace or ("") everywhere; apiVersion and kind are filled in."""
        query = {k: v for k, v in (("labelSelector", labels), ("fieldSelector", fields)) if v}
        try:
            path = self.resource(api_version, kind).path(namespace)
            answer = self.request("GET", path, query=query, accept=accept)
        except ApiError as error:
            if error.status != 404:
                raise
            # A collection is always there: its CRD has gone since discovery.
            self._resources.pop((api_version, kind), None)
            raise NotServed(f"the API server no longer serves {kind} of {api_version}", self.server) from error
        # Where only metadata is asked for, the items call themselves otherwise.
        return [{**item, "apiVersion": api_version, "kind": kind} for item in answer.get("items") or []]

    def listing(self, api_version: str, kind: str, *, labels: str = "") -> tuple[list[Obj], str]:
        """All objects of a kind, and the resource version from which a watch goes on."""
        query = {"labelSelector": labels} if labels else {}
        answer = self.request("GET", self.resource(api_version, kind).path(), query=query)
        items = [{"apiVersion": api_version, "kind": kind, **item} for item in answer.get("items", [])]
        return items, str((answer.get("metadata") or {}).get("resourceVersion", ""))

    def apply(self, obj: Obj, *, dry_run: bool = False, force: bool = True, manager: str = FIELD_MANAGER) -> Obj:
        """Server-side apply."""
        ref = ref_of(obj)
        query: dict[str, Any] = {"fieldManager": manager, "force": str(force).lower()}
        if dry_run:
            query["dryRun"] = "All"
        served = self.resource(ref.api_version, ref.kind)
        if served.namespaced and not ref.namespace:
            raise NoNamespace(
                f"{ref.kind} {ref.name} names no namespace",
                "metadata.namespace",
                "set metadata.namespace in the manifest, or namespace in its kustomization.yaml",
            )
        path = served.path(ref.namespace, ref.name)
        try:
            answer = self.request("PATCH", path, body=obj, query=query, content_type="application/apply-patch+yaml")
        except ApiError as error:
            if error.status != 404 or (error.body.get("details") or {}).get("kind") == "namespaces":
                raise
            # What is applied need not be there: its CRD has gone since discovery.
            self._resources.pop((ref.api_version, ref.kind), None)
            raise NotServed(f"the API server no longer serves {ref.kind} of {ref.api_version}", self.server) from error
        return cast(Obj, answer)

    def create(self, obj: Obj, *, dry_run: bool = False) -> Obj:
        """Create; ApiError with status 409 when it exists."""
        ref = ref_of(obj)
        query: dict[str, Any] = {"fieldManager": FIELD_MANAGER, **({"dryRun": "All"} if dry_run else {})}
        path = self.resource(ref.api_version, ref.kind).path(ref.namespace)
        return cast(Obj, self.request("POST", path, body=self.outgoing(obj), query=query))

    def patch(self, ref: Ref, patch: Obj, *, subresource: str = "") -> Obj:
        """JSON merge patch."""
        path = self.resource(ref.api_version, ref.kind).path(ref.namespace, ref.name)
        path += f"/{subresource}" if subresource else ""
        return cast(Obj, self.request("PATCH", path, body=patch, content_type="application/merge-patch+json"))

    def begin_deletion(self, ref: Ref, *, propagation: str = "Background") -> Obj | None:
        """Ask for deletion; the server's answer (a Status, or the object as it is now), None when there was nothing."""
        try:
            path = self.resource(ref.api_version, ref.kind).path(ref.namespace, ref.name)
            answer = self.request("DELETE", path, body={"propagationPolicy": propagation})
        except NotServed:
            return None
        except ApiError as error:
            if error.status == 404:
                return None
            raise
        return answer if isinstance(answer, dict) else {}

    def delete(self, ref: Ref, *, propagation: str = "Background") -> bool:
        """Ask for deletion; False when there was nothing to delete."""
        return self.begin_deletion(ref, propagation=propagation) is not None

    def watch(
        self,
        api_version: str,
        kind: str,
        namespace: str = "",
        *,
        labels: str = "",
        fields: str = "",
        resource_version: str = "",
        timeout: int = 30,
    ) -> Iterator[tuple[str, Obj]]:
        """(type, object) events until the server ends the watch after ``timeout`` seconds.

        Without ``resource_version`` the present objects come first, as ADDED. Raises ApiError 410 when too old.
        """
        query: dict[str, Any] = {"watch": "true", "timeoutSeconds": timeout}
        query |= {
            k: v
            for k, v in (("labelSelector", labels), ("fieldSelector", fields), ("resourceVersion", resource_version))
            if v
        }
        path, end = self.resource(api_version, kind).path(namespace), time.monotonic() + timeout
        while True:
            response = self._send(
                "GET", path, None, query, "application/json", "application/json", timeout + 10, stream=True
            )
            try:
                yield from events(_lines(response), kind)
                return
            except ApiError as error:
                if not is_behind(error) or time.monotonic() > end:
                    raise
            finally:
                response.release_conn()

    def logs(self, namespace: str, pod: str, container: str = "", *, tail: int = 20, previous: bool = False) -> str:
        """The last lines of a container's log; a short explanation when there are none."""
        query: dict[str, Any] = {"tailLines": tail, "previous": str(previous).lower()}
        if container:
            query["container"] = container
        try:
            return str(self.request("GET", f"/api/v1/namespaces/{namespace}/pods/{pod}/log", query=query, accept="*/*"))
        except SlipwayError as error:
            return f"(no log: {error.what})"

    def exec(
        self, namespace: str, pod: str, command: list[str], container: str = "", *, timeout: float = 60.0
    ) -> ExecResult:
        """Run a command in a container (without standard input)."""
        from slipway.kube.exec import run

        self.fence()
        return run(self._connection, namespace, pod, command, container, timeout)

    def exec_output(self, namespace: str, pod: str, command: list[str], container: str = "") -> IO[bytes]:
        """Start a command in a container; its standard output, of any length (kube/piping.py)."""
        from slipway.kube.exec import opened
        from slipway.kube.piping import Output

        channel = opened(self._connection, namespace, pod, command, container)
        return cast(IO[bytes], Output(channel, f"{command[0]} in Pod {namespace}/{pod}"))

    def exec_input(
        self, namespace: str, pod: str, command: list[str], source: IO[bytes], container: str = "",
        progress: Callable[[int], None] = lambda count: None,
    ) -> None:  # fmt: skip
        """Run a command in a container with standard input; it has to know how many bytes come (kube/piping.py).

        ``progress`` is called with the number of bytes sent. Raises SlipwayError when the command fails.
        """
        from slipway.kube.exec import opened
        from slipway.kube.piping import feed

        self.fence()
        channel = opened(self._connection, namespace, pod, command, container, stdin=True)
        feed(channel, source, f"{command[0]} in Pod {namespace}/{pod}", progress)


_NO_ANSWER = "is the cluster running? slipway cluster status; or give --kubeconfig FILE"


def _reason(error: Exception) -> str:
    """The innermost reason: "Connection refused", not the pool and the URL around it."""
    while isinstance(getattr(error, "reason", None), Exception):
        error = error.reason  # type: ignore[attr-defined]
    text = str(error).rpartition("object at ")[2].partition(">: ")[2] or str(error)
    return text.removeprefix("Failed to establish a new connection: ")


def _api_error(method: str, path: str, status: int, text: str) -> ApiError:
    try:
        body = json.loads(text)
    except ValueError:
        body = {}
    if not isinstance(body, dict):
        body = {}
    message = str(body.get("message") or text[:500])
    return ApiError(message, f"{method} {path}", status=status, reason=str(body.get("reason", "")), body=body)


def _lines(response: Any) -> Iterator[bytes]:
    """Lines of a streamed body. A connection that the server drops ends the stream: the caller watches again."""
    import urllib3

    rest = b""
    try:
        for chunk in response.stream(65536):
            rest += chunk
            *lines, rest = rest.split(b"\n")
            yield from (line for line in lines if line)
    except urllib3.exceptions.HTTPError:
        return
