"""Turns what buildah wrote (containers/image's ``dir`` transport) into an OCI layout with a short history."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from slipway.artifacts import hostnet, layout
from slipway.artifacts.model import ImageSpec


def to_layout(pushed: Path, base: Path | None, spec: ImageSpec, out: Path) -> None:
    """Write the layout ``out``; the layers are moved, not copied."""
    manifest = json.loads((pushed / "manifest.json").read_text())
    config = json.loads((pushed / _file(manifest["config"]["digest"])).read_text())
    before = _history(base) if base else []
    config["history"] = history(before, len(config["rootfs"]["diff_ids"]), spec.name)
    out.mkdir(parents=True)
    for layer in manifest["layers"]:
        target = layout.blob(out, layer["digest"])
        target.parent.mkdir(parents=True, exist_ok=True)
        source = pushed / _file(layer["digest"])
        if source.exists():  # the same layer may stand twice in a manifest
            source.rename(target)
            target.chmod(0o644)
    manifest["config"] = layout.add_bytes(out, json.dumps(config, sort_keys=True).encode(), layout.CONFIG)
    manifest["annotations"] = {key: value for key, value in manifest.get("annotations", {}).items() if value}
    descriptor = layout.add_bytes(out, json.dumps(manifest, sort_keys=True).encode(), layout.MANIFEST)
    layout.write_index(out, descriptor, spec.reference)


def history(before: list[dict[str, Any]], layers: int, name: str) -> list[dict[str, Any]]:
    """The base's history and one entry per layer above it; buildah's own tells of build arguments, line by line."""
    created = datetime.fromtimestamp(hostnet.EPOCH, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    kept = [entry for entry in before if not entry.get("empty_layer")][:layers]
    added = {"created": created, "created_by": f"images/{name}/Dockerfile"}
    return [*kept, *[dict(added) for _ in range(layers - len(kept))]]


def _history(base: Path) -> list[dict[str, Any]]:
    digest = layout.manifest(base)["config"]["digest"]
    return list(json.loads(layout.blob(base, digest).read_text()).get("history", []))


def _file(digest: str) -> str:
    return digest.split(":", 1)[1]
