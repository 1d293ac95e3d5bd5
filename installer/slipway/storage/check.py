"""Before an installation: volumes that it could only break are refused, and nothing is changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from slipway.errors import BadInput
from slipway.kube import Client, Obj
from slipway.release.objects.snapshot import finder
from slipway.render import Rendered
from slipway.storage.changes import KINDS, Change, changes


def pending(client: Client, rendered: Mapping[str, Rendered]) -> dict[str, list[Change]]:
    """Component → what cannot be changed in place; components without such a change are left out."""
    wanted = {name: [obj for obj in item.objects if _is_storage(obj)] for name, item in rendered.items()}
    kinds = {(obj["apiVersion"], obj["kind"]) for objects in wanted.values() for obj in objects}
    live = finder(obj for api_version, kind in sorted(kinds) for obj in client.objects(api_version, kind))
    by_component = {name: changes(objects, live) for name, objects in wanted.items() if objects}
    return {name: items for name, items in by_component.items() if items}


def refuse(client: Client, rendered: Mapping[str, Rendered]) -> None:
    """Raises BadInput when an installed volume, claim or class would have to become another one."""
    unfinished = pending(client, rendered)
    if unfinished:
        raise BadInput(
            f"volumes in use cannot be changed in place ({', '.join(sorted(unfinished))}); nothing was changed",
            "storage",
            "set the old values again, or move: stop what uses the claims, copy the data, then "
            "slipway storage migrate --data-copied (docs/storage.md)",
            tuple(map(str, _all(unfinished))),
        )


def unset(rendered: Mapping[str, Rendered]) -> None:
    """Raises BadInput for settings that still have the overlay's example: only the user knows these values."""
    faults = [
        f"components.{name}.settings.{key} is still '{value}'"
        for name, item in sorted(rendered.items())
        for key, value in sorted(item.settings.items())
        if "example" in value.replace("-", ".").split(".")
    ]
    if faults:
        raise BadInput(
            "values that only you know are missing; nothing was changed",
            "settings",
            "set each: --set KEY=VALUE with the keys above; settings.NAME=VALUE for one that several components share",
            tuple(faults),
        )


def _all(by_component: Mapping[str, list[Change]]) -> Iterable[Change]:
    return (change for name in sorted(by_component) for change in by_component[name])


def _is_storage(obj: Obj) -> bool:
    return (obj.get("kind", ""), obj.get("apiVersion", "")) in KINDS
