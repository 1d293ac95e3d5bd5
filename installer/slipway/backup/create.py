"""Making a backup of an installed platform: it is only looked at."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from functools import partial
from typing import Any

from slipway import __version__
from slipway.backup import carrier, claims, databases
from slipway.backup.archive import Writer
from slipway.backup.head import Head
from slipway.backup.objects import kept
from slipway.catalog import Component, Database
from slipway.errors import BadInput
from slipway.kube import Client, Obj, Ref
from slipway.progress import Reporter
from slipway.release.objects.custom_resources import instances_of
from slipway.release.objects.user_objects import of_users
from slipway.release.secrets.generate import SOURCE_UID
from slipway.release.state import inventory
from slipway.release.state.inventory import Record
from slipway.release.state.lock import installer

OBJECTS, SECRETS, CLAIMS = "objects.json", "secrets.json", "claims.json"
DATABASE, DATA = "databases/", "claims/"


def create(
    client: Client,
    components: Mapping[str, Component],
    wanted: Collection[str],
    writer: Writer,
    reporter: Reporter,
) -> Head:
    """Put all that is users' into ``writer``; what the backup says of itself.

    ``wanted``: claims whose data go in. No installer runs meanwhile. Raises BadInput when nothing is installed.
    """
    records, release = inventory.load_records(client), inventory.load_release(client)
    if not records:
        raise BadInput("nothing is installed here that could be backed up", client.server, "slipway status")
    places = {release.project, *(ref.namespace for record in records.values() for ref in record.all)}
    there = claims.listed(client, places)
    makers = components[carrier.STORAGE].after if carrier.STORAGE in components else ()
    bases = [
        (component, base) for name, component in components.items() if name in records for base in component.databases
    ]
    left_out = claims.of_others(records, makers) | _of_databases(client, bases)
    chosen = claims.chosen(wanted, there, left_out)
    with installer(client, reporter):
        with reporter.step("backup", "users' objects") as step:
            objects = users(client, records)
            counted = Counter(obj["kind"] for obj in objects)
            step.note = f"{len(objects)}"
        secrets = generated(client, records)
        _json(writer, OBJECTS, objects)
        _json(writer, SECRETS, secrets)
        _json(writer, CLAIMS, [claims.plain(there[ref]) for ref in chosen])
        for component, base in bases:
            name = databases.name_of(component, base)
            with reporter.step("backup", f"database {name}") as step:
                step.note = size(databases.read(client, component, base, partial(writer.add, f"{DATABASE}{name}")))
        for ref in chosen:
            with reporter.step("backup", f"claim {ref.namespace}/{ref.name}") as step:
                take = partial(writer.add, f"{DATA}{ref.namespace}/{ref.name}")
                step.note = size(claims.read(client, ref, carrier.image_of(records), reporter, take))
    return Head(
        created=inventory.now(),
        slipway=__version__,
        cluster=inventory.cluster_uid(client),
        server=client.server,
        overlay=release.overlay,
        project=release.project,
        revision=release.revision,
        components={name: record.version for name, record in records.items()},
        objects=dict(counted),
        secrets=len(secrets),
        databases=tuple(databases.name_of(component, base) for component, base in bases),
        claims=tuple(f"{ref.namespace}/{ref.name}" for ref in chosen),
    )


def users(client: Client, records: Mapping[str, Record]) -> list[Obj]:
    """Users' objects of the kinds that the components brought, whole; owners before what they own."""
    own = {ref for record in records.values() for ref in record.all}
    instances = instances_of(client, (ref for ref in own if ref.kind == "CustomResourceDefinition"), whole=True)
    return kept(of_users((obj for _, objects in sorted(instances.items()) for obj in objects), own))


def generated(client: Client, records: Mapping[str, Record]) -> list[Obj]:
    """The Secrets that the installation made for itself; those derived of others are derived again."""
    secrets = []
    for ref in sorted({ref for record in records.values() for ref in record.secrets}):
        secret = client.get("v1", "Secret", ref.name, ref.namespace)
        meta: dict[str, Any] = (secret or {}).get("metadata") or {}
        if secret is None or SOURCE_UID in (meta.get("annotations") or {}):
            continue
        part: Obj = {key: secret[key] for key in ("type", "data") if key in secret}
        part["metadata"] = {key: meta[key] for key in ("name", "namespace", "labels") if key in meta}
        secrets.append({"apiVersion": "v1", "kind": "Secret", **part})
    return secrets


def _of_databases(client: Client, bases: Iterable[tuple[Component, Database]]) -> set[Ref]:
    """The claims that databases lie on: a copy of a database in use would be none."""
    volumes = set()
    for component, base in bases:
        deployment = databases.deployment(client, component, base) or {}
        pod = ((deployment.get("spec") or {}).get("template") or {}).get("spec") or {}
        for volume in pod.get("volumes") or []:
            if claim := (volume.get("persistentVolumeClaim") or {}).get("claimName"):
                volumes.add(Ref("v1", claims.CLAIM, component.namespace, claim))
    return volumes


def _json(writer: Writer, name: str, value: Any) -> None:
    writer.add(name, io.BytesIO(json.dumps(value).encode()))


def size(count: int) -> str:
    """``12.3 MiB``."""
    return f"{count / (1 << 20):.1f} MiB"
