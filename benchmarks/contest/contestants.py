"""How each of them installs, plans, finds nothing to do and uninstalls: the commands that its users give."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from figure import SLIPWAY
from slipway.kube import Obj, ref_of
from slipway.release.objects.order import CUSTOM, DEFINITIONS, stage
from slipway.render import Rendered

from contest import charts
from contest.trees import Tree

Commands = Sequence[Sequence[str]]
#: The last three are Slipway's alone: the others get what it has rendered, and always the same.
WARM = "install, rendered before"
ACTIONS = ("install", "again", "plan", "uninstall", WARM, "render", "render again")
#: kapp asks every second or every three whether something is ready; so that its pauses are not what is measured.
KAPP_PATIENCE = ("--apply-check-interval=100ms", "--wait-check-interval=100ms")


@dataclass(frozen=True)
class Contestant:
    """``commands`` by action, one after the other; ``good`` are the exit codes of success.

    What is in ``afresh`` comes last, each on a server of its own.
    """

    name: str
    commands: Mapping[str, Commands]
    environment: Mapping[str, str] = field(default_factory=dict)
    good: tuple[int, ...] = (0,)
    afresh: tuple[str, ...] = ()


def slipway(tree: Tree, rendered: Mapping[str, Rendered], work: Path, tools: Mapping[str, str]) -> Contestant:
    """Renders for itself, as it does for its users; the first installation finds nothing that was rendered before."""
    where = ("--overlay", tree.overlay, *tree.arguments)
    (work / "slipway.yaml").write_text("{}\n")
    words = {
        "install": [[SLIPWAY, "install", *where]],
        "again": [[SLIPWAY, "install", *where]],
        "plan": [[SLIPWAY, "plan", *where]],
        "uninstall": [[SLIPWAY, "uninstall", "--delete-data", "--yes", *where]],
        # What the others do: the objects are rendered, the server is empty.
        WARM: [[SLIPWAY, "install", *where]],
    }
    # Rendering alone, with nothing remembered and with all: a part of the other figures.
    render = [SLIPWAY, "render", *where]
    words |= {"render": [["env", f"XDG_CACHE_HOME={work / 'empty'}", *render]], "render again": [render]}
    environment = {
        "SLIPWAY_HOME": str(tree.home),
        "SLIPWAY_KUSTOMIZE": tools["kustomize"],
        "SLIPWAY_HELM": tools["helm"],
        "XDG_CACHE_HOME": str(work / "cache"),
        # As wherever it is installed: what is compiled (contest.tools) is read, not compiled in each run.
        "PYTHONDONTWRITEBYTECODE": "",
    }
    return Contestant("slipway", words, environment, afresh=(WARM,))


def kubectl(tree: Tree, rendered: Mapping[str, Rendered], work: Path, tools: Mapping[str, str]) -> Contestant:
    """Server-side, in the right order: definitions, then what stands on its own, then custom resources."""
    objects = _distinct(rendered)
    first = [obj for obj in objects if stage(ref_of(obj)) <= DEFINITIONS]
    last = [obj for obj in objects if stage(ref_of(obj)) == CUSTOM]
    middle = [obj for obj in objects if obj not in first and obj not in last]
    program = tools["kubectl"]
    files = [_write(work / name, part) for name, part in (("1", first), ("2", middle), ("3", last)) if part]
    apply = [[program, "apply", "--server-side", "--force-conflicts", "-f", file] for file in files]
    wait = [[program, "wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"]]
    defines = any(obj["kind"] == "CustomResourceDefinition" for obj in first)
    everything = [word for file in files for word in ("-f", file)]
    words = {
        "install": [apply[0], *(wait if defines else []), *apply[1:]],
        "again": apply,
        "plan": [[program, "diff", "--server-side", "--force-conflicts", *everything]],
        # It waits for one object after the other: it is spared that, until the last file, which has the namespaces.
        "uninstall": [
            [program, "delete", "--ignore-not-found", f"--wait={str(file == files[0]).lower()}", "-f", file]
            for file in reversed(files)
        ],
    }
    # diff ends with 1 where there are differences.
    return Contestant("kubectl", words, good=(0, 1))


def kapp(tree: Tree, rendered: Mapping[str, Rendered], work: Path, tools: Mapping[str, str]) -> Contestant:
    """One app; it waits until everything is ready, as Slipway does."""
    file = _write(work / "all", _distinct(rendered))
    deploy = [tools["kapp"], "deploy", "-y", "-a", "contest", "-n", "default", "-f", file]
    words = {
        "install": [[*deploy, *KAPP_PATIENCE]],
        "again": [[*deploy, *KAPP_PATIENCE]],
        "plan": [[*deploy, "--diff-run"]],
        "uninstall": [[tools["kapp"], "delete", "-y", "-a", "contest", "-n", "default", *KAPP_PATIENCE]],
    }
    return Contestant("kapp", words)


def helm(tree: Tree, rendered: Mapping[str, Rendered], work: Path, tools: Mapping[str, str]) -> Contestant:
    """A chart per component, or one of all where components bring the same namespaces. It has no plan of its own."""
    made = charts.write(rendered, work / "charts")
    program = tools["helm"]
    words = {
        "install": [[program, "install", name, path, "--timeout=10m"] for name, path in made.items()],
        "again": [[program, "upgrade", name, path, "--timeout=10m"] for name, path in made.items()],
        "uninstall": [[program, "uninstall", name, "--wait", "--timeout=10m"] for name in made],
    }
    return Contestant("helm", words, _homes(work))


def helmfile(tree: Tree, rendered: Mapping[str, Rendered], work: Path, tools: Mapping[str, str]) -> Contestant:
    """The same charts, side by side."""
    made = charts.write(rendered, work / "charts")
    releases = [{"name": name, "namespace": "default", "chart": path} for name, path in made.items()]
    file = work / "helmfile.yaml"
    file.write_text(yaml.safe_dump({"releases": releases}))
    base = [tools["helmfile"], "--helm-binary", tools["helm"], "--file", str(file)]
    words = {
        "install": [[*base, "sync"]],
        "again": [[*base, "sync"]],
        "uninstall": [[*base, "destroy"]],
    }
    return Contestant("helmfile", words, _homes(work))


MAKERS: Mapping[str, Callable[[Tree, Mapping[str, Rendered], Path, Mapping[str, str]], Contestant]] = {
    "slipway": slipway,
    "kubectl": kubectl,
    "kapp": kapp,
    "helm": helm,
    "helmfile": helmfile,
}


def _homes(work: Path) -> dict[str, str]:
    """Nothing of the user's own."""
    return {f"HELM_{name}_HOME": str(work / name.lower()) for name in ("CONFIG", "CACHE", "DATA")}


def _distinct(rendered: Mapping[str, Rendered]) -> list[Obj]:
    """All objects; one that two components bring stands once: tools that know no components take it once."""
    found = {ref_of(obj): obj for item in rendered.values() for obj in item.objects}
    return list(found.values())


def _write(path: Path, objects: Sequence[Obj]) -> str:
    path.mkdir()
    file = path / "objects.yaml"
    with file.open("w", encoding="utf-8") as stream:
        yaml.dump_all(objects, stream, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper), sort_keys=False)
    return str(file)
