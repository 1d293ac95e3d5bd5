"""What the components' objects are made of has to be served."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set

from slipway.doctor.cluster.context import Context
from slipway.doctor.finding import Finding, fail, ok
from slipway.kube import Obj

Kind = tuple[str, str]


def run(ctx: Context) -> list[Finding]:
    """Compare the plan with the server's discovery."""
    needed = {name: {kind(obj) for obj in item.objects} for name, item in ctx.rendered.items()}
    return judge(needed, {(each.api_version, each.kind) for each in ctx.kube.served()}, defined(ctx.objects))


def kind(obj: Obj) -> Kind:
    """apiVersion and kind."""
    return str(obj.get("apiVersion", "")), str(obj.get("kind", ""))


def defined(objects: Iterable[Obj]) -> set[Kind]:
    """The kinds that CustomResourceDefinitions among the objects bring."""
    return {
        (f"{obj['spec']['group']}/{version['name']}", str(obj["spec"]["names"]["kind"]))
        for obj in objects
        if obj.get("kind") == "CustomResourceDefinition"
        for version in obj["spec"]["versions"]
        if version.get("served")
    }


def judge(needed: Mapping[str, Iterable[Kind]], served: Set[Kind], brought: Set[Kind]) -> list[Finding]:
    """Every kind is served already, or the plan brings its CRD."""
    findings = [
        fail(
            f"{component} needs {name} of {version}, which neither the server nor the plan has",
            "a newer Kubernetes; or install the component that brings its CRD",
        )
        for component, kinds in sorted(needed.items())
        for version, name in sorted(set(kinds) - served - brought)
    ]
    total = len({each for kinds in needed.values() for each in kinds})
    return findings or [ok(f"all {total} kinds of the plan are served or brought by it")]
