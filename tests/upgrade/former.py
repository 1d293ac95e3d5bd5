"""The Kubernetes one minor before ours, of the same programs: a distribution of its own, and a cluster of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from slipway import paths

#: What of images/kubernetes is another version: kubeadm's own choices of etcd and CoreDNS. The pause image is the same.
VERSION = "v1.36.3"
TAGS = {"etcd": "3.6.8-0", "coredns": "v1.14.2"}
MODULE = Path(__file__).with_name("before")

_START = """
import sys
from slipway import node
from slipway.progress import Reporter
node.start(node.NodeConfig(kubernetes_version=sys.argv[1]), Reporter())
"""


def distribution(place: Path, ours: str) -> Path:
    """A directory like this checkout, whose images/kubernetes is of ``VERSION`` instead of ``ours``."""
    here = paths.distribution()
    place.mkdir(parents=True)
    for entry in here.iterdir():
        if entry.name not in ("images", ".git", ".venv"):
            (place / entry.name).symlink_to(entry)
    shutil.copytree(here / "images", place / "images", symlinks=True)
    kubernetes = place / "images" / "kubernetes"
    for name in ("go.mod", "go.sum"):
        shutil.copy(MODULE / name, kubernetes / "go" / name)
    build, image = kubernetes / "go" / "build.yaml", kubernetes / "image.yaml"
    number = VERSION.split(".")[1]
    text = build.read_text().replace(ours, VERSION)
    build.write_text(text.replace(f'gitMinor: "{ours.split(".")[1]}"', f'gitMinor: "{number}"'))
    image.write_text("\n".join(_tag(line, ours) for line in image.read_text().splitlines()) + "\n")
    return place


def _tag(line: str, ours: str) -> str:
    name = line.rpartition("/")[2].partition(":")[0]
    return f"{line.rpartition(':')[0]}:{TAGS[name]}" if name in TAGS else line.replace(ours, VERSION)


def start(distribution: Path) -> None:
    """``slipway cluster start`` of the version before."""
    subprocess.run(
        [sys.executable, "-c", _START, VERSION], check=True, env={**os.environ, "SLIPWAY_HOME": str(distribution)}
    )
