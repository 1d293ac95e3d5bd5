"""Copying images to a registry: what is there already, by digest, stays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from slipway.errors import SlipwayError
from slipway.images.find import Image
from slipway.images.naming import mirrored
from slipway.images.parallel import each
from slipway.images.reference import Reference
from slipway.images.skopeo import Registries
from slipway.progress import Reporter

State = Literal["copied", "present"]


@dataclass(frozen=True)
class Layout:
    """An image that is built: its OCI layout, its digest, the tag that says which build it is, and where it is from."""

    path: Path
    digest: str
    tag: str
    origin: str = "build"


@dataclass(frozen=True)
class Task:
    """One image's copy; several targets are names of the same image. ``digest`` is known for layouts and locks."""

    image: Reference
    source: Reference | Path
    targets: tuple[Reference, ...]
    digest: str = ""


def tasks(images: Iterable[Image], registry: str, layouts: Mapping[str, Layout]) -> list[Task]:
    """What is to be copied. ``layouts`` are the built images by name; those that are missing raise SlipwayError."""
    wanted, chosen = list(images), []
    missing = [image.reference.path for image in wanted if image.ours and image.reference.path not in layouts]
    if missing:
        where = f"image {', '.join(missing)}"
        raise SlipwayError("not built", where, f"run: slipway images build {' '.join(missing)}")
    for image in wanted:
        target = mirrored(image.reference, registry)
        if not image.ours:
            chosen.append(Task(image.reference, image.reference, (target,), image.reference.digest))
            continue
        layout = layouts[image.reference.path]
        build = Reference(target.host, target.path, layout.tag)
        chosen.append(Task(image.reference, layout.path, (target, build), layout.digest))
    return chosen


def copy(task: Task, registries: Registries) -> State:
    """Copy an image unless all its targets have it. Raises SlipwayError when it is not at its source."""
    wanted = task.digest or (registries.digest(task.source) if isinstance(task.source, Reference) else "")
    if not wanted:
        raise SlipwayError("there is no such image", f"image {task.image}", "correct the reference in the manifests")
    lacking = [target for target in task.targets if registries.digest(target) != wanted]
    for target in lacking:
        registries.copy(task.source, target)
        there = registries.digest(target)
        if there != wanted:
            raise SlipwayError(f"has {there} after the copy, not {wanted}", f"image {target}", "run it again")
    return "copied" if lacking else "present"


def run(todo: Sequence[Task], registries: Registries, reporter: Reporter) -> dict[State, int]:
    """Copy all, some at a time, and count. What failed is reported at the end, after the rest was copied.

    Raises SlipwayError; the next run goes on where this one stopped.
    """

    def one(task: Task) -> State:
        state = copy(task, registries)
        reporter.say(f"{task.targets[0]}: {state}", mark="✓", image=str(task.image), state=state)
        return state

    states = each(todo, one)
    return {"copied": states.count("copied"), "present": states.count("present")}
