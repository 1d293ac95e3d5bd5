"""Claims and their data: which there are, out of them, and into them again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import IO

from slipway.backup import carrier
from slipway.errors import BadInput
from slipway.kube import ApiError, Client, Obj, Ref, ref_of
from slipway.progress import Reporter
from slipway.release.state.inventory import Record

CLAIM = "PersistentVolumeClaim"
#: Reads with tar to the end of the archive; sockets and what another one deletes meanwhile are no reason to fail.
OUT = ["tar", "-C", "/volume", "--exclude=./lost+found", "-cf", "-", "."]


def chosen(wanted: Collection[str], there: Iterable[Ref], left_out: Collection[Ref]) -> list[Ref]:
    """The claims that ``namespace/name`` or ``all`` mean; ``left_out`` are not meant by ``all``. Raises BadInput."""
    by_name = {f"{ref.namespace}/{ref.name}": ref for ref in there}
    unknown = [name for name in wanted if name != "all" and name not in by_name]
    if unknown:
        known = ", ".join(sorted(by_name)) or "none"
        raise BadInput(f"there is no claim {unknown[0]}", "--claims", f"namespace/name, or all; there is: {known}")
    every = {ref for ref in by_name.values() if ref not in left_out} if "all" in wanted else set()
    return sorted(every | {by_name[name] for name in wanted if name != "all"})


def of_others(records: Mapping[str, Record], makers: Collection[str]) -> set[Ref]:
    """The claims of components on which the other claims' data lie: theirs would be in the backup twice."""
    return {ref for name in makers if name in records for ref in records[name].all if ref.kind == CLAIM}


def plain(claim: Obj) -> Obj:
    """The claim as it is made anew: what is bound to it now is another cluster's."""
    meta, spec = claim["metadata"], claim["spec"]
    kept = {key: spec[key] for key in ("accessModes", "resources", "storageClassName", "volumeMode") if key in spec}
    labels = {"labels": meta["labels"]} if meta.get("labels") else {}
    return {
        "apiVersion": "v1",
        "kind": CLAIM,
        "metadata": {"name": meta["name"], "namespace": meta["namespace"], **labels},
        "spec": kept,
    }


def read(client: Client, ref: Ref, image: str, reporter: Reporter, take: Callable[[IO[bytes]], int]) -> int:
    """Give a claim's data, as a tar, to ``take``; how many bytes it was."""
    with carrier.running(client, carrier.of_claim(ref.namespace, ref.name, image, writes=False), reporter) as pod:
        source = client.exec_output(pod.namespace, pod.name, OUT)
        return take(source)


def write(client: Client, ref: Ref, image: str, reporter: Reporter, source: IO[bytes], size: int) -> None:
    """Unpack a tar of ``size`` bytes into a claim: files of the same names are replaced, others stay."""
    # The protocol cannot end standard input: head does.
    command = ["sh", "-c", f"head -c {size} | tar -C /volume -xpf -"]
    with carrier.running(client, carrier.of_claim(ref.namespace, ref.name, image, writes=True), reporter) as pod:
        client.exec_input(pod.namespace, pod.name, command, source)


def make(client: Client, claim: Obj) -> bool:
    """Create the claim unless it is there; whether it was created."""
    try:
        client.request("POST", client.resource("v1", CLAIM).path(claim["metadata"]["namespace"]), body=claim)
    except ApiError as error:
        if error.status != 409:
            raise
        return False
    return True


def listed(client: Client, namespaces: Collection[str]) -> dict[Ref, Obj]:
    """The claims in these namespaces that are not being deleted."""
    claims = (obj for obj in client.objects("v1", CLAIM) if obj["metadata"]["namespace"] in namespaces)
    return {ref_of(obj): obj for obj in claims if "deletionTimestamp" not in obj["metadata"]}
