"""The few calls of the registry's API that a probe needs, over plain HTTP with basic authentication.

Source: OCI Distribution Specification 1.1; push of a blob in one piece (POST, then PUT), manifests by tag or digest.
"""

from __future__ import annotations

import base64
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass

from slipway.errors import NotYet, SlipwayError


@dataclass(frozen=True)
class Answer:
    """Status, headers with names in lower case, and body of an answer."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class RegistryClient:
    """A registry at ``base`` (``http://host:port``); without a user name nothing is said about who asks."""

    base: str
    username: str = ""
    password: str = ""

    def call(self, method: str, path: str, body: bytes | None = None, content_type: str = "") -> Answer:
        """One request; any HTTP status is an answer. Raises NotYet when there is none."""
        # Without the type of OCI manifests in Accept the registry says that it has none.
        headers = {"Accept": "application/vnd.oci.image.manifest.v1+json, */*"}
        if content_type:
            headers["Content-Type"] = content_type
        if self.username:
            pair = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        url = urllib.parse.urljoin(self.base, path)
        request = urllib.request.Request(url, data=body, method=method, headers=headers)  # noqa: S310
        try:
            with _OPENER.open(request, timeout=20) as response:
                return Answer(response.status, _lower(response.headers.items()), response.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, _lower(error.headers.items()), error.read())
        except OSError as error:
            raise NotYet(f"no answer: {error}", f"{method} {url}") from error

    def push_blob(self, repository: str, digest: str, data: bytes) -> None:
        """Upload a blob; raises SlipwayError when it is not taken."""
        start = self._expect(202, "POST", f"/v2/{repository}/blobs/uploads/", b"")
        location = start.headers["location"]
        location += f"{'&' if '?' in location else '?'}digest={urllib.parse.quote(digest)}"
        self._expect(201, "PUT", location, data, "application/octet-stream")

    def push_manifest(self, repository: str, reference: str, data: bytes, media_type: str) -> None:
        """Upload a manifest under a tag or digest."""
        self._expect(201, "PUT", f"/v2/{repository}/manifests/{reference}", data, media_type)

    def delete(self, repository: str, kind: str, digest: str) -> None:
        """Delete a manifest or blob (``kind`` is manifests or blobs); no error when it is gone."""
        answer = self.call("DELETE", f"/v2/{repository}/{kind}/{digest}")
        if answer.status not in (202, 404):
            raise self._error(answer, "DELETE", f"/v2/{repository}/{kind}/{digest}")

    def _expect(self, status: int, method: str, path: str, body: bytes, content_type: str = "") -> Answer:
        answer = self.call(method, path, body, content_type)
        if answer.status != status:
            raise self._error(answer, method, path)
        return answer

    def _error(self, answer: Answer, method: str, path: str) -> SlipwayError:
        text = answer.body.decode("utf-8", "replace").strip()
        return SlipwayError(f"HTTP {answer.status}: {text[:300]}", f"registry {method} {path.split('?')[0]}")


def _lower(items: list[tuple[str, str]]) -> dict[str, str]:
    return {name.lower(): value for name, value in items}


#: The registry is in the cluster: a proxy for the way out must not be asked.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
