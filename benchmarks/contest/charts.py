"""Rendered objects as charts, for Helm and helmfile: templates without anything to fill in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml
from slipway.kube import Obj, ref_of
from slipway.release.objects.order import CUSTOM, stage
from slipway.render import Rendered

_Dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def write(rendered: Mapping[str, Rendered], root: Path) -> dict[str, str]:
    """name of the release → directory of its chart."""
    refs = [ref for item in rendered.values() for ref in item.refs]
    custom = any(stage(ref) == CUSTOM for ref in refs)
    if custom or len(set(refs)) != len(refs):
        # What a chart of Helm brings belongs to it alone, and definitions come before what is made of them.
        objects = {ref_of(obj): obj for item in rendered.values() for obj in item.objects}
        return {"contest": _chart(root / "contest", list(objects.values()))}
    return {name: _chart(root / name, item.objects) for name, item in rendered.items()}


def _chart(place: Path, objects: Sequence[Obj]) -> str:
    for folder in ("templates", "crds"):
        (place / folder).mkdir(parents=True)
    (place / "Chart.yaml").write_text(yaml.safe_dump({"apiVersion": "v2", "name": place.name, "version": "1.0.0"}))
    for number, obj in enumerate(objects):
        text = yaml.dump(obj, Dumper=_Dumper, sort_keys=False)
        if obj["kind"] == "CustomResourceDefinition":
            (place / "crds" / f"{number}.yaml").write_text(text)
        else:
            # Everything literally: braces in it are not Helm's.
            (place / "templates" / f"{number}.yaml").write_text(text.replace("{{", '{{ "{{" }}'))
    return str(place)
