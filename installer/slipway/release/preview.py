"""What an installation would change: server-side dry run against what is there."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from slipway.errors import NotYet
from slipway.kube import ApiError, Client, NotServed, Obj, ref_of
from slipway.release import inventory, secrets
from slipway.release.apply import PARALLEL, expected_of, manager
from slipway.release.classify import classify
from slipway.release.prune import leaving
from slipway.render import Rendered

#: Parts of an object that the server writes.
_SERVERS = ("managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink")

Change = tuple[str, str, str]


def preview(client: Client, rendered: Mapping[str, Rendered], project: str) -> list[Change]:
    """(component, object, create | change | delete | invalid: …) for everything that would not stay as it is."""
    expected = expected_of(obj for item in rendered.values() for obj in item.objects)
    records = inventory.load_records(client)
    changes: list[Change] = []
    for name, item in sorted(rendered.items()):
        for spec in item.component.secrets:
            ref = secrets.ref_for(spec, project)
            if client.get("v1", "Secret", ref.name, ref.namespace) is None:
                changes.append((name, str(ref), "create"))
        with ThreadPoolExecutor(max_workers=PARALLEL, thread_name_prefix="compare") as pool:
            found = pool.map(lambda obj, name=name: (obj, _change(client, obj, name, expected)), item.objects)
            changes += [(name, str(ref_of(obj)), change) for obj, change in found if change]
        gone = leaving(records.get(name), item.refs, records)
        changes += [(name, str(ref), "delete") for ref in sorted(gone)]
    return changes


def _change(client: Client, obj: Obj, component: str, expected: Any) -> str:
    ref = ref_of(obj)
    try:
        present = client.get(ref.api_version, ref.kind, ref.name, ref.namespace)
        future = client.apply(obj, dry_run=True, manager=manager(component))
    except (ApiError, NotServed, NotYet) as error:
        verdict = classify(error, ref, expected)
        return "create" if verdict.state == "not yet" else f"invalid: {verdict.reason}"
    if present is None:
        return "create"
    return "" if comparable(present) == comparable(future) else "change"


def comparable(obj: Obj) -> Obj:
    """The object without what the server writes."""
    meta = {key: value for key, value in obj["metadata"].items() if key not in _SERVERS}
    return {**{key: value for key, value in obj.items() if key != "status"}, "metadata": meta}
