"""Where the repository will be: what GitOps controllers need to know."""

from __future__ import annotations

import re
from dataclasses import dataclass

from slipway.errors import BadInput

_URL = re.compile(r"^(https?|ssh|git|file)://[^\s]+$")
#: git-check-ref-format(1), without what needs quotes.
_REVISION = re.compile(r"^(?![-./])(?!.*(\.\.|//|@\{|\.lock$))[\w./@+-]+(?<![./])$")
_SSH = re.compile(r"^[\w.-]+@[\w.-]+:[^\s]+$")


@dataclass(frozen=True)
class Source:
    """A Git repository, a branch or tag in it, and the directory of the export there ("" for its top)."""

    url: str
    revision: str = "main"
    path: str = ""

    def below(self, path: str) -> str:
        """A path of the export as a path of the repository."""
        return f"{self.path}/{path}" if self.path else path


def source(url: str, revision: str, path: str, kind: str) -> Source:
    """Raises BadInput for a missing or unusable address, branch or directory."""
    if not url:
        raise BadInput(
            f"{kind} must know where the repository is", "--repo", "e.g. --repo https://git.example.com/platform"
        )
    if not (_URL.match(url) or (_SSH.match(url) and kind == "argocd")):
        # Flux takes addresses with a scheme only.
        raise BadInput(f"'{url}' is not the address of a Git repository", "--repo", "https://… or ssh://git@host/path")
    if not _REVISION.match(revision):
        raise BadInput(f"'{revision}' is not the name of a branch", "--revision", "e.g. main, release/1.0")
    clean = path.strip("/")
    if ".." in clean.split("/"):
        raise BadInput(f"'{path}' leads out of the repository", "--path")
    return Source(url, revision, clean.removeprefix("./"))
