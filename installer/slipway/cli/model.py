"""``slipway model``: from a directory to a model that answers."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from slipway.cli.options import cluster_options, options_of, output_option

if TYPE_CHECKING:
    pass

_NAME = re.compile(r"[a-z]([-a-z0-9]{0,38}[a-z0-9])?")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
KINDS = click.Choice(["MODEL", "ROUTER", "TRANSFORMER", "COMBINER", "OUTLIER_DETECTOR"])


@click.group()
def model() -> None:
    """Make an image of a model's directory in the cluster, and serve it.

    \b
    Example:
      slipway model package my-model --name mine --tag 1
      slipway model deploy mine:1
    """


@model.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--name", required=True, help="The image's name.")
@click.option("--tag", default="latest", show_default=True, help="The image's tag.")
@click.option("--model-name", help="MODEL_NAME, where .s2i/environment does not say it.")
@click.option("--service-type", type=KINDS, help="SERVICE_TYPE, the same.")
@output_option
@cluster_options
@click.pass_context
def package(
    ctx: click.Context,
    directory: Path,
    name: str,
    tag: str,
    model_name: str | None,
    service_type: str | None,
    output: str,
    overlay: str,
    sets: tuple[str, ...],
) -> None:
    """Make an image of DIRECTORY, as Seldon's Python wrapper takes it; see docs/models.md.

    \b
    Example:
      slipway model package my-model --name mine --tag 1
    """
    from slipway.models.package import package as make
    from slipway.workflows.platform import aimed

    image = _image(f"{name}:{tag}")
    platform = aimed(options_of(ctx, sets, overlay), "seldon")
    more = {"model-name": model_name or "", "service-type": service_type or ""}
    reference = make(platform.client, platform.config.project, directory, name, image, platform.reporter, more=more)
    click.echo(json.dumps({"image": reference, "to": platform.client.where}) if output == "json" else reference)


@model.command()
@click.argument("image")
@click.option("--name", help="The SeldonDeployment's name (default: the image's).")
@click.option("--service-type", type=KINDS, default="MODEL", show_default=True, help="The graph's node.")
@output_option
@cluster_options
@click.pass_context
def deploy(
    ctx: click.Context,
    image: str,
    name: str | None,
    service_type: str,
    output: str,
    overlay: str,
    sets: tuple[str, ...],
) -> None:
    """Serve IMAGE, or the packaged model NAME:TAG, and say where it answers.

    \b
    Example:
      slipway model deploy mine:1
    """
    from slipway.models.package import deploy as serve
    from slipway.workflows.platform import aimed

    reference = image if "/" in image else _image(image)
    name = _checked(name or reference.rpartition("/")[2].partition("@")[0].partition(":")[0], _NAME, "--name")
    platform = aimed(options_of(ctx, sets, overlay), "seldon")
    project = platform.config.project
    serve(platform.client, project, name, reference, service_type, platform.reporter)
    url = f"{platform.gateway}/seldon/{project}/{name}/api/v1.0/predictions"
    if output == "json":
        click.echo(json.dumps({"name": name, "image": reference, "url": url, "to": platform.client.where}))
        return
    click.echo(url)
    click.echo(f"curl -H 'Content-Type: application/json' -d '{{\"data\": {{\"ndarray\": [[1, 2]]}}}}' {url}")


def _image(text: str) -> str:
    """The image of NAME or NAME:TAG in the platform's registry. Raises BadInput."""
    from slipway.smoke.options import OWN_REGISTRY

    name, _, tag = text.partition(":")
    _checked(name, _NAME, "the model's name")
    return f"{OWN_REGISTRY}/models/{name}:{_checked(tag or 'latest', _TAG, 'the tag')}"


def _checked(text: str, pattern: re.Pattern[str], where: str) -> str:
    from slipway.errors import BadInput

    if not pattern.fullmatch(text):
        raise BadInput(f"{text!r} does not match {pattern.pattern}", where)
    return text
