"""Bringing a backup back: objects before the platform is installed, data after it.

No controller runs while the objects are made, with their states: none takes an Experiment that has ended for a new one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial

from slipway.backup import carrier, claims, databases, definitions, marker
from slipway.backup.archive import Archive
from slipway.backup.create import CLAIMS, DATA, DATABASE, OBJECTS, SECRETS, size
from slipway.backup.marker import Marker
from slipway.backup.objects import fresh
from slipway.catalog import Component
from slipway.errors import BadInput
from slipway.kube import ApiError, Client, NotServed, Obj, Ref, ref_of
from slipway.progress import Reporter
from slipway.release.applying.apply import apply_all
from slipway.release.refusals.classify import Expected, expected_of
from slipway.release.state import inventory
from slipway.release.state.lock import installer
from slipway.release.state.namespace import namespace_object
from slipway.release.waiting.retry import retry_while_not_ready
from slipway.render import Rendered
from slipway.waiting import Clock

#: Names in one line.
MOST = 5
#: Seconds until everything that comes before the installation is there.
PATIENCE = 600


def check(client: Client, archive: Archive, rendered: Mapping[str, Rendered], project: str) -> Marker:
    """Whether it can be brought back here; how far it came already. Raises BadInput, and nothing was changed."""
    head = archive.head
    if head.project != project:
        raise BadInput(
            f"the backup is of the project '{head.project}', not '{project}'; nothing was changed",
            "restore",
            f"--set project.namespace={head.project}, or in slipway.yaml",
        )
    begun = marker.read(client)
    if begun is not None and begun.backup == archive.digest:
        return begun
    if begun is not None:
        raise BadInput(
            "the restoration of another backup was begun here and has not ended; nothing was changed",
            client.server,
            "end that one first, with its file; or: kubectl -n slipway-system delete configmap restoration",
        )
    if inventory.load_records(client):
        raise BadInput(
            "a platform is installed, and its controllers would take what is brought back for new; nothing was changed",
            client.server,
            "slipway uninstall first (claims stay); on a new machine: slipway up --until cluster, then this",
        )
    wanted = archive.json(OBJECTS)
    kinds = {(obj["apiVersion"], obj["kind"]) for obj in wanted}
    missing = sorted(kind for version, kind in kinds - definitions.served_by(rendered))
    if missing:
        raise BadInput(
            f"no component that would be installed brings the kind {', '.join(missing)}; nothing was changed",
            "restore",
            f"the backup was made with {', '.join(f'{n} {v}' for n, v in sorted(head.components.items()))}",
        )
    there = [str(ref_of(obj)) for obj in wanted if _get(client, ref_of(obj)) is not None]
    if there:
        more = f" and {len(there) - MOST} more" if len(there) > MOST else ""
        raise BadInput(
            f"is there already: {', '.join(there[:MOST])}{more}; nothing was changed",
            client.server,
            "what is there is never overwritten: delete it, or restore into another cluster",
        )
    return Marker(archive.digest)


def objects(
    client: Client, archive: Archive, begun: Marker, rendered: Mapping[str, Rendered], reporter: Reporter
) -> None:
    """Before the installation: kinds, generated Secrets, users' objects with their states."""
    if begun.objects:
        return
    client.apply(namespace_object())
    with installer(client, reporter):
        marker.write(client, begun)
        wanted = archive.json(OBJECTS)
        secrets = archive.json(SECRETS)
        clock = Clock(PATIENCE)
        places = {obj["metadata"].get("namespace", "") for obj in (*wanted, *secrets)} - {""}
        _namespaces(client, places, rendered, clock, reporter)
        with reporter.step("restore", "kinds") as step:
            kinds = definitions.apply(client, rendered, clock, reporter)
            step.note = str(len(kinds))
        expected = expected_of(kinds)
        with reporter.step("restore", "generated Secrets") as step:
            for secret in secrets:
                client.apply(secret)
            step.note = str(len(secrets))
        with reporter.step("restore", "users' objects") as step:
            uids: dict[str, str] = {}
            for obj in wanted:
                # A kind that was applied a moment ago may not be served yet.
                bring = partial(_bring, client, obj, uids)
                uids[obj["metadata"]["uid"]] = retry_while_not_ready(
                    bring, ref_of(obj), "backup", expected, clock, reporter
                )
            step.note = str(len(wanted))
        marker.write(client, Marker(begun.backup, objects=True))


def existing(client: Client, archive: Archive) -> list[str]:
    """The claims into whose files the backup's would be unpacked."""
    refs = [ref_of(obj) for obj in archive.json(CLAIMS)]
    return [f"{ref.namespace}/{ref.name}" for ref in refs if _get(client, ref) is not None]


def data(client: Client, archive: Archive, components: Collection[Component], reporter: Reporter) -> None:
    """After the installation: databases, and the data of claims. The restoration has ended then."""
    image = carrier.image_of(inventory.load_records(client))
    known = {
        databases.name_of(component, base): (component, base)
        for component in components
        for base in component.databases
    }
    with installer(client, reporter):
        for member in archive.names(DATABASE):
            name = member.removeprefix(DATABASE)
            if name not in known:
                reporter.say(f"database {name}: nothing that is installed has it; it stays in the backup", mark="!")
                continue
            with reporter.step("restore", f"database {name}") as step, archive.member(member) as (source, count):
                databases.write(client, *known[name], source, count, reporter)
                step.note = size(count)
        for claim in archive.json(CLAIMS):
            ref = ref_of(claim)
            with (
                reporter.step("restore", f"claim {ref.namespace}/{ref.name}") as step,
                archive.member(f"{DATA}{ref.namespace}/{ref.name}") as (source, count),
            ):
                claims.make(client, claim)
                claims.write(client, ref, image, reporter, source, count)
                step.note = size(count)
        marker.remove(client)


def _bring(client: Client, obj: Obj, uids: Mapping[str, str]) -> str:
    """Make an object with its state; its new UID. One that an interrupted restoration made is taken as it is."""
    ref = ref_of(obj)
    path = client.resource(ref.api_version, ref.kind).path(ref.namespace)
    try:
        created = client.request("POST", path, body=fresh(obj, uids))
    except ApiError as error:
        if error.status != 409:
            raise
        created = _get(client, ref) or {}
    if "status" in obj and created.get("status") != obj["status"]:
        try:
            client.patch(ref, {"status": obj["status"]}, subresource="status")
        except ApiError as error:
            # Of a kind without the subresource the state came with the object.
            if error.status != 404:
                raise
    return str(created["metadata"]["uid"])


def _get(client: Client, ref: Ref) -> Obj | None:
    try:
        return client.get(ref.api_version, ref.kind, ref.name, ref.namespace)
    except NotServed:
        return None


def _namespaces(
    client: Client, names: Collection[str], rendered: Mapping[str, Rendered], clock: Clock, reporter: Reporter
) -> None:
    for component, item in rendered.items():
        known = [obj for obj in item.objects if obj["kind"] == "Namespace" and obj["metadata"]["name"] in names]
        apply_all(client, known, component, Expected(), clock, reporter)
    for name in sorted(names):
        if client.get("v1", "Namespace", name) is None:
            client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
