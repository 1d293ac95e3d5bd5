"""Running the smoke test, and remembering which release has passed it."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slipway.release.state import inventory
from slipway.workflows.platform import Platform

if TYPE_CHECKING:
    from slipway.smoke.options import SmokeOptions


def smoke_if_needed(platform: Platform, release: inventory.Release, *, force: bool) -> dict[str, Any]:
    """Run it unless this release has passed: {"result": passed | failed | recorded, "why"}."""
    if not force and release.revision and release.smoke == release.revision:
        why = f"release {release.revision} passed it at {release.smoke_time}; --smoke runs it again"
        return {"result": "recorded", "why": why}
    return run(platform, options(platform))


def options(platform: Platform, **chosen: Any) -> SmokeOptions:
    """SmokeOptions of the configuration, with what the command line gives on top (None: not given)."""
    from slipway.images.find import own
    from slipway.images.placement import placed
    from slipway.smoke import IMAGES
    from slipway.smoke.options import OWN_REGISTRY, SmokeOptions

    values = {**platform.config.smoke, **{key: value for key, value in chosen.items() if value is not None}}
    if "report_dir" in values:
        values["report_dir"] = Path(values["report_dir"])
    if "mnist_sources" in values:
        values["mnist_sources"] = tuple(values["mnist_sources"])
    if platform.config.registry:
        mirrored = {name: str(placed(own(name), platform.config.registry, {})) for name in IMAGES}
        values["images"] = {**mirrored, **values.get("images", {})}
    if values.get("registry", OWN_REGISTRY) != OWN_REGISTRY and "serving" in values.get("images", {}):
        values.setdefault("serving_base", values["images"]["serving"])
    known = {field.name for field in fields(SmokeOptions)}
    return SmokeOptions(**{"project": platform.config.project, **{k: v for k, v in values.items() if k in known}})


def run(platform: Platform, chosen: SmokeOptions) -> dict[str, Any]:
    """Run it and record a success. The reports are where ``chosen.report_dir`` says."""
    from slipway import artifacts, smoke

    platform.aim()
    if platform.embedded:
        artifacts.ensure([f"image/{name}" for name in smoke.IMAGES], platform.reporter)
    if platform.brings_images:
        artifacts.import_images(smoke.IMAGES, platform.node_config.containerd_socket, platform.reporter)
    done = smoke.run(chosen, platform.client, platform.reporter)
    if not done.ok:
        return {"result": "failed", "why": f"see {chosen.report_dir}/report.html"}
    release = inventory.load_release(platform.client)
    uid = release.cluster or inventory.cluster_uid(platform.client)
    passed = replace(release, smoke=release.revision, smoke_time=inventory.now(), cluster=uid)
    inventory.save_release(platform.client, passed)
    return {"result": "passed", "why": f"see {chosen.report_dir}/report.html"}
