"""The platform's registry, as this machine sees it: what it has, and copying an image into it.

Source: OCI distribution specification 1.0 (manifests by tag, HTTP basic authentication).
"""

from __future__ import annotations

import base64
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from slipway.clients.registry import RegistryClient
from slipway.errors import NotYet, SlipwayError
from slipway.images.reference import Reference
from slipway.images.skopeo import Registries
from slipway.kube import Client

COPY_SECONDS = 300


def credentials(kube: Client, namespace: str, host: str, secret: str = "regcred") -> str:  # noqa: S107 (a name)
    """The base64 text "user:password" for a registry in a Secret of type dockerconfigjson. Raises SlipwayError."""
    obj = kube.get("v1", "Secret", secret, namespace)
    try:
        config = json.loads(base64.b64decode((obj or {})["data"][".dockerconfigjson"]))
        entry = config["auths"][host]
        pair = entry.get("auth") or base64.b64encode(f"{entry['username']}:{entry['password']}".encode()).decode()
    except (KeyError, ValueError) as error:
        raise SlipwayError(
            f"has no credentials for {host}", f"Secret {namespace}/{secret}", "install the component registry"
        ) from error
    return str(pair)


def digest(address: str, repository: str, tag: str, auth: str) -> str:
    """The digest of a tag in the registry at ``address`` ("host:port", plain HTTP); empty when there is none."""
    return _call("HEAD", address, f"/v2/{repository}/manifests/{tag}", auth).get("docker-content-digest", "")


def remove(address: str, repository: str, tag: str, auth: str) -> bool:
    """Remove a tag's manifest; False when there was none. Its blobs go with the registry's garbage collection."""
    manifest = digest(address, repository, tag, auth)
    if manifest:
        _call("DELETE", address, f"/v2/{repository}/manifests/{manifest}", auth)
    return bool(manifest)


def _call(method: str, address: str, path: str, auth: str) -> dict[str, str]:
    """The headers of the answer; empty for 404. Raises NotYet without an answer."""
    username, _, password = base64.b64decode(auth).decode().partition(":")
    try:
        answer = RegistryClient(f"http://{address}", username, password).call(method, path)
    except NotYet as error:
        raise NotYet(error.what, error.where, "is the component registry installed?") from error
    if answer.status == 404:
        return {}
    if answer.status >= 300:
        raise SlipwayError(f"HTTP {answer.status}", f"{method} http://{address}{path}", "is regcred the registry's?")
    return answer.headers


def copy(layout: Path, address: str, repository: str, tag: str, auth: str) -> None:
    """Copy the image of an OCI layout as it is, blob by blob, to a tag in the registry. Raises SlipwayError."""
    with _authfile(address, auth) as file:
        Registries(file, frozenset({address}), COPY_SECONDS).copy(layout, Reference(address, repository, tag))


@contextmanager
def _authfile(address: str, auth: str) -> Iterator[Path]:
    """A file with credentials that only this user can read; never on a command line."""
    handle, name = tempfile.mkstemp(prefix="slipway-auth-")
    path = Path(name)
    try:
        with os.fdopen(handle, "w") as file:
            json.dump({"auths": {address: {"auth": auth}}}, file)
        yield path
    finally:
        path.unlink(missing_ok=True)
