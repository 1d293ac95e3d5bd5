"""What exists already under the names of a plan's objects and is not Slipway's: refused by name, or adopted."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from slipway.errors import BadInput, SlipwayError
from slipway.kube import ApiError, Client, NotServed, Obj, Ref, ref_of
from slipway.kube.discovery import METADATA
from slipway.kube.objects import identity, is_named
from slipway.release.diff.clean import covers
from slipway.release.objects.order import is_custom
from slipway.release.ownership.empty_namespace import contents, in_every_namespace
from slipway.release.ownership.owners import marked, ours, owner, stated_owner
from slipway.release.secrets import generate, user_certificate
from slipway.release.state.inventory import Record
from slipway.render import Rendered
from slipway.render.labels import ADOPTED, MANAGED_BY

PARALLEL = 6
#: Objects that are named before "and more".
MOST = 5
ALL = "*"


@dataclass(frozen=True)
class Foreign:
    """What is there and not ours: ``owners`` is whose each is; ``used`` may be used unasked, but not be deleted.

    Of the latter kind are empty namespaces, Secrets in place of generated ones, and CRDs that say the same as ours.
    """

    owners: Mapping[Ref, str]
    used: frozenset[Ref] = frozenset()

    def adopted(self, asked: Collection[str]) -> dict[Ref, str]:
        """Those that are to be taken over."""
        return {ref: who for ref, who in self.owners.items() if ALL in asked or is_named(asked, ref)}

    def refused(self, asked: Collection[str]) -> dict[Ref, str]:
        """Those that nobody has asked to take over."""
        return {ref: who for ref, who in self.owners.items() if not (ALL in asked or is_named(asked, ref))}


def look(client: Client, project: str, rendered: Collection[Rendered], records: Mapping[str, Record]) -> Foreign:
    """What stands under the names of these components' objects, and is somebody else's.

    One listing of metadata for each kind, and none of what lies in namespaces that are still to be made.
    """
    known = {identity(ref) for record in records.values() for ref in record.all}
    generated = {ref for item in rendered for ref in generate.refs_of(project, item)}
    wanted = {ref for item in rendered for ref in item.refs} | generated
    wanted = {ref for ref in wanted if not in_every_namespace(ref)}
    if not wanted:
        return Foreign({})
    places = {obj["metadata"]["name"] for obj in listed(client, "v1", "Namespace")}
    asked = {ref for ref in wanted if not ref.namespace or ref.namespace in places}
    kinds = sorted({(ref.api_version, ref.kind) for ref in asked})

    def listing(kind: tuple[str, str]) -> list[Obj]:
        inner = {ref.namespace for ref in asked if (ref.api_version, ref.kind) == kind}
        return listed(client, *kind, namespace=inner.pop() if len(inner) == 1 else "", others=True)

    with ThreadPoolExecutor(max_workers=PARALLEL, thread_name_prefix="owners") as pool:
        present = [obj for objects in pool.map(listing, kinds) for obj in objects]
    names = {identity(ref): ref for ref in asked}
    there = {key: obj for obj in present if (key := identity(ref_of(obj))) in names}
    others = {names[key]: obj for key, obj in there.items() if not ours(obj, recorded=key in known)}
    owners, used = dict[Ref, str](), set[Ref]()
    by_users = user_certificate.required(rendered, project)
    manifests = {ref_of(obj): obj for item in rendered for obj in item.objects}
    for ref, obj in sorted(others.items(), key=lambda item: item[0]):
        who = _of_namespace(client, obj, by_users) if ref.kind == "Namespace" else owner(obj)
        # One that the user has brought himself is what it is for.
        if ref in generated or not who or _same_definition(client, ref, manifests):
            used.add(ref)
        else:
            owners[ref] = who
    # What was taken over as it was is still others': another version of it wants to be asked for.
    for ref, obj in _adopted_definitions(client, manifests):
        if not _same_definition(client, ref, manifests):
            owners[ref] = owner(obj)
    return Foreign(owners, frozenset(used))


def _adopted_definitions(client: Client, manifests: Mapping[Ref, Obj]) -> Iterator[tuple[Ref, Obj]]:
    kinds = {ref.api_version for ref in manifests if ref.kind == "CustomResourceDefinition"}
    for api_version in kinds:
        for obj in client.objects(api_version, "CustomResourceDefinition", labels=ADOPTED, accept=METADATA):
            if (ref := ref_of(obj)) in manifests and marked(obj):
                yield ref, obj


def _same_definition(client: Client, ref: Ref, manifests: Mapping[Ref, Obj]) -> bool:
    """Whether it is a CRD that says what ours would: it can be used as it is."""
    if ref.kind != "CustomResourceDefinition":
        return False
    live = client.get(ref.api_version, ref.kind, ref.name)
    return live is not None and covers(live["spec"], manifests[ref]["spec"])


def listed(client: Client, api_version: str, kind: str, namespace: str = "", *, others: bool = False) -> list[Obj]:
    """The metadata of a kind's objects, or of the ``others`` alone, that do not carry Slipway's label.

    None where the kind is not served.
    """
    try:
        path = client.resource(api_version, kind).path(namespace)
    except NotServed:
        return []
    query = {"labelSelector": f"{MANAGED_BY}!=slipway"} if others else {}
    try:
        answer = client.request("GET", path, query=query, accept=METADATA)
    except ApiError as error:
        # Its CRD has gone since discovery, it cannot be listed, or what serves or converts it is away.
        if error.status in (404, 405) or (error.status >= 500 and is_custom(Ref(api_version, kind, "", ""))):
            return []
        raise
    return [{**item, "apiVersion": api_version, "kind": kind} for item in answer.get("items") or []]


def check(rendered: Iterable[Rendered], *, adopt: Collection[str] = (), replace: Collection[str] = ()) -> None:
    """Raise BadInput for what no object of the plan is called."""
    refs = {ref for item in rendered for ref in item.refs}
    for option, texts in (("--adopt", adopt), ("--replace", replace)):
        for text in texts:
            if not (option == "--adopt" and text == ALL) and not any(is_named([text], ref) for ref in refs):
                raise BadInput(
                    f"{option} {text}: no object of this installation is called so",
                    remedy="KIND/NAME or KIND/NAMESPACE/NAME, as slipway plan names them",
                )


def refuse(others: Foreign, asked: Collection[str]) -> None:
    """Raise SlipwayError that names all that would be taken over unasked."""
    if lines := sentences(others.refused(asked)):
        raise SlipwayError(
            "there are objects that are not Slipway's; nothing was changed",
            remedy="to take them over: slipway install --adopt KIND/NAMESPACE/NAME (--adopt alone: all of these); "
            "or remove them, or disable the component",
            details=lines,
        )


def sentences(owners: Mapping[Ref, str]) -> tuple[str, ...]:
    """One line for each: what, and whose."""
    return tuple(f"{ref} exists and belongs to {who}" for ref, who in sorted(owners.items()))


def named(refs: Collection[Ref]) -> str:
    """The first of them by name, and how many more."""
    names = [str(ref) for ref in sorted(refs)]
    return ", ".join(names[:MOST]) + (f" and {len(names) - MOST} more" if len(names) > MOST else "")


def _of_namespace(client: Client, obj: Obj, by_users: Collection[Ref]) -> str:
    """Whose a namespace is that Slipway did not make; empty when it is free to be used.

    What a setting wants the user to bring (``by_users``) may lie in it.
    """
    if stated := stated_owner(obj):
        return stated
    others = [ref_of(item) for item in contents(client, obj["metadata"]["name"]) if not ours(item)]
    others = [ref for ref in others if ref not in by_users]
    return f"others, who have in it {named(others)}" if others else ""
