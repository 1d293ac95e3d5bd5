"""What a schema cannot say of the probes in a component.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from slipway.catalog.component import Component


def wrong_probes(component: Component) -> Iterator[tuple[str, str]]:
    """(place below spec.probes, what is wrong) of every fault."""
    names = [probe.name for probe in component.probes]
    for number, probe in enumerate(component.probes):
        place = f"[{number}]"
        if probe.name in names[:number]:
            yield place, f"'{probe.name}' stands twice"
        name = probe.spec.get("default_when", "")
        setting = component.setting(name)
        if name and (setting is None or setting.type != "boolean"):
            yield f"{place}.volume.default_when", f"'{name}' is not a boolean setting of the component"
        both = set(probe.spec.get("reached", ())) & set(probe.spec.get("failed", ()))
        if both:
            yield f"{place}.condition.failed", f"'{min(both)}' is one of those that are to be reached"
        for step, value in enumerate(probe.spec.get("steps", ())):
            if ("object" in value) == ("change" in value):
                yield f"{place}.dry_run.steps[{step}]", "either object or change"
            elif step == 0 and "change" in value:
                yield f"{place}.dry_run.steps[0].change", "there is no object before it"
