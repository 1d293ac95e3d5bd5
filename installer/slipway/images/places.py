"""Where a reference may stand: the names of keys, variables and arguments whose value is an image."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

#: image, initImage, storage_image, NOTEBOOK_IMAGE, EXECUTOR_CONTAINER_IMAGE_AND_VERSION, executor-image; and
#: RELATED_IMAGE_EXECUTOR, as operators name them. Not imagePullPolicy, IMAGE_PULL_SECRET.
_NAME = re.compile(r"(?:.*[a-z0-9_.-])?(?:image|Image|IMAGE)(?:_AND_VERSION|_URI|_NAME|Uri)?|RELATED_IMAGE_\w+")
#: --executor-image=…
ARGUMENT = re.compile(r"(?P<flag>--?[\w.-]+)=(?P<value>\S+)")
_FLAG = re.compile(r"--?[\w.-]+")
#: Keys beside ``image`` by which a mapping is a container, so that even a bare name is an image.
_CONTAINER = frozenset(
    ("name", "command", "args", "env", "envFrom", "imagePullPolicy", "ports", "resources", "securityContext", "source",
     "volumeMounts")
)  # fmt: skip
#: In text that is not YAML (a template, a script): ``image: x``, ``"image": "x"``, ``NOTEBOOK_IMAGE=x``.
LINE = re.compile(
    r"(?P<key>[\w.-]*(?:image|Image|IMAGE)(?:_AND_VERSION)?)[\"']?(?P<sign>\s*[:=]\s*[\"']?)(?P<value>[\w./:@-]+)"
)


def is_image_name(name: str) -> bool:
    """Whether a key or a variable of this name holds an image."""
    return _NAME.fullmatch(name) is not None


def is_image_flag(word: str) -> bool:
    """Whether an argument is a flag, without value, whose value is an image: ``--executor-image``."""
    return _FLAG.fullmatch(word) is not None and is_image_name(word.lstrip("-"))


def is_container(mapping: Mapping[str, Any]) -> bool:
    """Whether a mapping with the key ``image`` is a container."""
    return bool(_CONTAINER & mapping.keys())
