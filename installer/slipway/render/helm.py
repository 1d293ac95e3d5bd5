"""Running helm: the charts that an overlay's kustomization names become plain YAML beside it, in the copied tree.

What kustomize would do with --enable-helm, with the settings on top of the overlay's values, and without its need of a
flag. Hooks are left out: nobody would run them at their time.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from slipway.catalog.selection import FILE, read
from slipway.errors import BadInput, SlipwayError
from slipway.render.kustomize import QUICK

TIMEOUT = 60.0


@functools.cache
def command() -> str:
    """How to call helm: $SLIPWAY_HELM, the pinned binary, what PATH has, or the pinned one built now.

    Raises SlipwayError when it cannot be built.
    """
    from slipway import artifacts
    from slipway.progress import Reporter

    named = os.environ.get("SLIPWAY_HELM")
    if named:
        return named
    try:
        return str(artifacts.binary("helm"))
    except SlipwayError:
        program = shutil.which("helm")
        if program:
            return program
    artifacts.ensure(["binary/helm"], Reporter())
    return str(artifacts.binary("helm"))


def charts(directory: Path) -> list[Mapping[str, Any]]:
    """The charts that the kustomization of a directory names."""
    return list(read(directory).get("helmCharts") or [])


def inflate(directory: Path, component: str, values: Mapping[str, Any], where: str) -> None:
    """Put what helm makes of the directory's charts in their place in its kustomization.

    ``values`` go to the chart that has the component's name, above those of the overlay. Raises BadInput for values
    that the chart's schema refuses, and for charts that are not there.
    """
    document = read(directory)
    home = directory / str((document.pop("helmGlobals", None) or {}).get("chartHome", "charts"))
    for number, chart in enumerate(document.pop("helmCharts", None) or []):
        name = str(chart.get("name", ""))
        text = template(home, chart, directory, values if name == component else {}, where)
        file = f"helm-{number}-{name}.yaml"
        (directory / file).write_text(text, encoding="utf-8")
        document["resources"] = [*(document.get("resources") or []), file]
    (directory / FILE).write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")


def template(home: Path, chart: Mapping[str, Any], directory: Path, values: Mapping[str, Any], where: str) -> str:
    """``helm template`` of an entry of helmCharts, as kustomize documents it: the objects as YAML."""
    folder = home / str(chart.get("name", ""))
    if not (folder / "Chart.yaml").is_file():
        what = f"there is no chart '{chart.get('name', '')}' in {os.path.relpath(home, directory)}"
        raise BadInput(what, where, "put it there (helm pull --untar): charts are not downloaded while rendering")
    with TemporaryDirectory(prefix="slipway-helm-") as work:
        files = _files([*layers(chart, directory, where), values], Path(work))
        return _run([*_arguments(chart, folder), *files], Path(work), directory, where)


def _arguments(chart: Mapping[str, Any], folder: Path) -> list[str]:
    words = ["template", str(chart.get("releaseName") or chart["name"]), str(folder), "--no-hooks"]
    if chart.get("namespace"):
        words += ["--namespace", str(chart["namespace"])]
    if chart.get("includeCRDs"):
        words.append("--include-crds")
    if chart.get("kubeVersion"):
        words += ["--kube-version", str(chart["kubeVersion"])]
    return [*words, *(word for api in chart.get("apiVersions") or [] for word in ("--api-versions", str(api)))]


def layers(chart: Mapping[str, Any], directory: Path, where: str) -> list[Mapping[str, Any]]:
    """An entry's values as the overlay gives them, in the order in which helm lays them over each other."""
    documents = [_read(directory / str(chart["valuesFile"]), where)] if chart.get("valuesFile") else []
    inline = chart.get("valuesInline")
    if inline:
        merge = chart.get("valuesMerge", "override")
        documents = (
            [inline] if merge == "replace" else [inline, *documents] if merge == "merge" else [*documents, inline]
        )
    return [*documents, *(_read(directory / str(more), where) for more in chart.get("additionalValuesFiles") or [])]


def _read(path: Path, where: str) -> Mapping[str, Any]:
    try:
        return dict(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    except (OSError, ValueError, TypeError, yaml.YAMLError) as error:
        raise BadInput(f"no usable values: {error}", f"{where}/{path.name}") from error


def _files(documents: list[Mapping[str, Any]], work: Path) -> list[str]:
    words = []
    for number, values in enumerate(documents):
        path = work / f"values-{number}.yaml"
        path.write_text(yaml.safe_dump(dict(values)), encoding="utf-8")
        words += ["-f", str(path)]
    return words


def _run(words: list[str], work: Path, directory: Path, where: str) -> str:
    # No plugins, repositories or cluster of the user's own: the same chart and values always give the same objects.
    own = {f"HELM_{name}_HOME": str(work / name.lower()) for name in ("CONFIG", "CACHE", "DATA")}
    environment = {**QUICK, **os.environ, **own, "HELM_PLUGINS": str(work / "plugins"), "KUBECONFIG": os.devnull}
    try:
        done = subprocess.run(
            [command(), *words], capture_output=True, text=True, timeout=TIMEOUT, check=False, env=environment
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SlipwayError(f"helm did not run: {error}", where) from error
    if done.returncode == 0:
        return done.stdout
    stderr = done.stderr.replace(str(directory), where)
    lines = tuple(line for line in stderr.splitlines() if line.strip() and "found symbolic link" not in line)
    if "values don't meet the specifications" in stderr:
        raise BadInput("the chart does not take these values", where, "its values.schema.json says which", lines[-8:])
    raise SlipwayError("helm cannot render it", where, f"try: kustomize build --enable-helm {where}", lines[-8:])
