"""Who makes a component, by what its package says; a project's own name where it says nothing."""

from __future__ import annotations

import email.utils
import re
from collections.abc import Mapping
from email.message import Message

#: Of what Slipway builds.
OURS = "Slipway"
#: Hosts of many owners: there the owner is the second part of a module's path.
_FORGES = frozenset({"github.com", "gitlab.com", "bitbucket.org", "codeberg.org"})


def debian(fields: Mapping[str, str]) -> str:
    """A Debian package comes from its distribution, whoever maintains it there."""
    return fields.get("Origin") or "Debian"


def python(name: str, fields: Message) -> str:
    """The authors, else the maintainers, of a distribution's core metadata."""
    for key in ("Author", "Maintainer"):
        if text := " ".join(str(fields.get(key) or "").split()):
            return text
        addresses = [str(value) for value in fields.get_all(f"{key}-email") or ()]
        named = [who or address for who, address in email.utils.getaddresses(addresses) if who or address]
        if named:
            return ", ".join(dict.fromkeys(named))
    return _project(name)


def npm(name: str, author: object) -> str:
    """``author`` as package.json has it: an object, or ``name <address> (page)``."""
    text = author.get("name") if isinstance(author, dict) else author
    named = re.sub(r"\s*[<(].*", "", text).strip() if isinstance(text, str) else ""
    return named or _project(name)


def go(module: str) -> str:
    """The owner of a module's path: ``github.com/spf13``, ``k8s.io``."""
    parts = module.split("/")
    return "/".join(parts[:2]) if parts[0] in _FORGES else parts[0]


def _project(name: str) -> str:
    return f"the project {name}"
