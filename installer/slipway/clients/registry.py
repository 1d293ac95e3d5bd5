"""The few calls of the platform's registry's API that are needed here, over plain HTTP with basic authentication.

Source: OCI Distribution Specification 1.1; push of a blob in one piece (POST, then PUT), manifests by tag or digest.
"""

from __future__ import annotations

import base64
import urllib.parse
from dataclasses import dataclass

from slipway.clients.direct import Answer, ask
from slipway.errors import SlipwayError

#: Without the types of manifests the registry says that it has none.
ACCEPT = "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json, */*"


@dataclass(frozen=True)
class RegistryClient:
    """A registry at ``base`` (``http://host:port``); without a user name nothing is said about who asks."""

    base: str
    username: str = ""
    password: str = ""

    def call(self, method: str, path: str, body: bytes | None = None, content_type: str = "") -> Answer:
        """One request; any HTTP status is an answer. Raises NotYet when there is none."""
        headers = {"Accept": ACCEPT}
        if content_type:
            headers["Content-Type"] = content_type
        if self.username:
            pair = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        return ask(method, urllib.parse.urljoin(self.base, path), body, headers)

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
        return SlipwayError(
            f"HTTP {answer.status}: {answer.text.strip()[:300]}", f"registry {method} {path.split('?')[0]}"
        )
