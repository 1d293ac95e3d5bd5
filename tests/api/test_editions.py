"""A move from one edition to the other: what users wrote is read back, and applied again, unchanged."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from api_objects import namespace
from slipway import paths
from slipway.catalog import load_catalog
from slipway.catalog.selection import Choice
from slipway.kube import ApiError, Client, Obj, Ref, ref_of
from slipway.progress import Reporter
from slipway.release.applying.apply import apply_all
from slipway.release.objects.order import DEFINITIONS, HOOKS, NAMESPACES, deletion_stages, stage, stages
from slipway.release.refusals.classify import expected_of
from slipway.release.waiting.ready import until_ready
from slipway.release.waiting.watch_cache import WatchCache
from slipway.render import Facts, render
from slipway.render.images import unchanged
from slipway.render.labels import SELECTOR
from slipway.waiting import Clock

ROOT = paths.distribution()
WRITTEN = Path(__file__).parent / "editions"
COMPONENTS = ("gateway", "katib", "seldon")
ORDERS = (("compact", "upstream"), ("upstream", "compact"))


@functools.cache
def rendered(name: str, edition: str) -> tuple[Obj, ...]:
    """The objects of one edition; hooks are left out, for nobody answers them here."""
    catalog = load_catalog(ROOT, "embedded", [name], follow=False, choices={name: Choice(edition=edition)})
    objects = render(catalog, {}, Facts("workbench", lambda: "192.0.2.10"), unchanged)[name].objects
    return tuple(obj for obj in objects if stage(ref_of(obj)) != HOOKS)


def documents(file: str, place: str) -> list[Obj]:
    """What users wrote, in a namespace of the test's own."""
    found = [document for document in yaml.safe_load_all((WRITTEN / file).read_text()) if document]
    for document in found:
        document["metadata"]["namespace"] = place
    return found


@pytest.fixture
def moving(client: Client, reporter: Reporter) -> Iterator[Mover]:
    """Applies editions one after the other, and removes all but definitions and namespaces in the end."""
    mover = Mover(client, reporter)
    # Others bring Mappings, too.
    mover.apply(tuple(definitions(rendered("gateway", "compact"))))
    yield mover
    mover.apply(())


class Mover:
    """The objects of the edition that is there."""

    def __init__(self, client: Client, reporter: Reporter) -> None:
        self.client, self.reporter = client, reporter
        self.present: set[Ref] = set()

    def apply(self, objects: tuple[Obj, ...]) -> None:
        """Apply these and delete what they have left behind. Raises SlipwayError for what cannot be changed so."""
        expected, clock = expected_of(objects), Clock(120)
        for group in stages(objects):
            applied = apply_all(self.client, group, "editions", expected, clock, self.reporter)
            if stage(ref_of(group[0])) == DEFINITIONS:
                live = WatchCache(self.client, SELECTOR)
                assert until_ready(self.client, live, "editions", applied, clock, self.reporter) == {}
                live.close()
        now = {ref_of(obj) for obj in objects}
        kept = {ref for ref in self.present if stage(ref) in (NAMESPACES, DEFINITIONS)}
        for refs in deletion_stages(self.present - now - kept):
            for ref in refs:
                self.client.delete(ref)
        self.present = now


def definitions(objects: tuple[Obj, ...]) -> list[Obj]:
    return [obj for obj in objects if stage(ref_of(obj)) == DEFINITIONS]


@pytest.mark.parametrize("name", COMPONENTS)
@pytest.mark.parametrize(("first", "second"), ORDERS)
def test_what_users_wrote_stays_as_it_is(
    name: str, first: str, second: str, client: Client, moving: Mover, unique: str
) -> None:
    before, after = rendered(name, first), rendered(name, second)
    assert definitions(before) == definitions(after)
    client.apply(namespace(unique))
    moving.apply(before)
    written = documents(f"valid-{name}.yaml", unique)
    made = [client.apply(obj) for obj in written]
    for obj, answer in zip(written, made, strict=True):
        assert holds(answer["spec"], obj["spec"]), f"{ref_of(obj)}: something was pruned"
    moving.apply(after)
    for obj, answer in zip(written, made, strict=True):
        ref = ref_of(obj)
        assert client.get(ref.api_version, ref.kind, ref.name, unique) == answer
        assert client.apply(obj)["metadata"]["resourceVersion"] == answer["metadata"]["resourceVersion"], ref


@pytest.mark.parametrize("name", COMPONENTS)
@pytest.mark.parametrize("edition", ["compact", "upstream"])
def test_both_editions_refuse_what_is_wrong(
    name: str, edition: str, client: Client, moving: Mover, unique: str
) -> None:
    client.apply(namespace(unique))
    moving.apply(rendered(name, edition))
    for obj in documents(f"invalid-{name}.yaml", unique):
        with pytest.raises(ApiError) as caught:
            client.create(obj)
        wrong = obj["metadata"]["annotations"]["wrong"]
        told = " ".join([caught.value.what, *caught.value.details])
        assert caught.value.status in (400, 422) and wrong in told, f"{ref_of(obj)}: {told}"


@pytest.mark.parametrize("version", ["v2", "v3alpha1"])
def test_a_mapping_reads_the_same_in_every_version(version: str, client: Client, moving: Mover, unique: str) -> None:
    """Seldon's operator and older users write v2, Emissary reads v3alpha1; nothing converts between them."""
    client.apply(namespace(unique))
    obj = next(obj for obj in documents("valid-gateway.yaml", unique) if obj["apiVersion"].endswith("/v2"))
    client.apply({**obj, "apiVersion": f"getambassador.io/{version}"})
    for other in ("v2", "v3alpha1"):
        found = client.get(f"getambassador.io/{other}", "Mapping", obj["metadata"]["name"], unique)
        assert found is not None and found["spec"] == obj["spec"]


def holds(answer: object, written: object) -> bool:
    """Whether all that was written is in the answer; defaults may have come beside it."""
    if isinstance(written, dict):
        return isinstance(answer, dict) and all(k in answer and holds(answer[k], v) for k, v in written.items())
    if isinstance(written, list):
        if not isinstance(answer, list) or len(answer) != len(written):
            return False
        return all(holds(a, w) for a, w in zip(answer, written, strict=True))
    return answer == written
