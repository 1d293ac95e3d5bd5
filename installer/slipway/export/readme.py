"""The repository's README: order, Secrets, images, and the commands."""

from __future__ import annotations

from slipway.export import helm
from slipway.export.model import Repository, Step
from slipway.export.secrets import SCRIPT, described
from slipway.export.source import Source
from slipway.export.template import fill
from slipway.images import scan
from slipway.images.reference import parse
from slipway.kube.objects import Ref, ref_of
from slipway.naming import IMAGE_HOST

#: Images with this host are made on the machine by Slipway.
CRD_SECONDS = 60
_ROLLED_OUT = ("Deployment", "StatefulSet", "DaemonSet")


def readme(repository: Repository, kind: str, source: Source | None) -> str:
    """The text for a format."""
    names = images(repository)
    local = [name for name in names if is_local(name)]
    return fill(
        f"README-{kind}.md.j2",
        format=kind,
        overlay=repository.overlay,
        project=repository.project,
        version=repository.version,
        waves=repository.waves,
        secrets=[(f"{s.ref.namespace}/{s.ref.name}", described(s)) for s in repository.secrets],
        script=SCRIPT,
        images=[name for name in names if name not in local],
        local=local,
        steps=[{"name": step.name, "waits": waits(step)} for step in repository.steps()],
        releases=helm.releases(repository),
        source=source,
    )


def images(repository: Repository) -> list[str]:
    """Every image that the objects name, also in arguments, variables and ConfigMaps."""
    return sorted({name for part in repository.parts for obj in part.objects for name, _ in scan.references(obj)})


def is_local(image: str) -> bool:
    """Whether no registry has an image."""
    reference = parse(image)
    return reference is not None and reference.host == IMAGE_HOST


def waits(step: Step) -> list[str]:
    """The commands that wait until a step is ready."""
    commands = []
    kinds = {obj["kind"] for part in step.parts for obj in part.objects}
    if "CustomResourceDefinition" in kinds:
        commands.append(f"kubectl wait --for condition=established crd --all --timeout {CRD_SECONDS}s")
    for part in step.parts:
        for ref in map(ref_of, part.objects):
            command = _wait(ref)
            if command:
                commands.append(f"kubectl {command} --timeout {part.timeout}s")
    return commands


def _wait(ref: Ref) -> str:
    place = f"--namespace {ref.namespace} " if ref.namespace else ""
    if ref.kind in _ROLLED_OUT:
        return f"{place}rollout status {ref.kind.lower()}/{ref.name}"
    if ref.kind == "Job":
        return f"{place}wait --for condition=complete job/{ref.name}"
    return ""
