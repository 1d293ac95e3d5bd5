"""``slipway smoke``: the proof."""

from __future__ import annotations

from typing import Any

import click

from slipway.cli.options import cluster_options, options_of
from slipway.errors import EXIT_FAILED


@click.command()
@click.option("--data", type=click.Choice(["auto", "mnist", "digits"]), help="Which digits.")
@click.option("--trials", type=click.IntRange(1, 1000), help="Trials of the search.")
@click.option("--parallel", type=click.IntRange(1, 100), help="Trials at a time.")
@click.option("--epochs", type=click.IntRange(1, 1000), help="Epochs of a trial.")
@click.option("--train-epochs", type=click.IntRange(1, 1000), help="Epochs of the full training.")
@click.option("--batch", type=click.IntRange(1, 65536), help="Size of a batch.")
@click.option("--algorithm", type=click.Choice(["random", "grid", "tpe"]), help="How parameters are chosen.")
@click.option("--seed", type=click.IntRange(0), help="Seed of all that is random.")
@click.option("--held-out", type=click.IntRange(300, 1000), help="Digits asked through the gateway.")
@click.option("--min-accuracy", type=click.FloatRange(0, 1), help="Less than this fails.")
@click.option("--report-dir", type=click.Path(file_okay=False), help="Where report.html, report.json, junit.xml go.")
@click.option("--keep", is_flag=True, default=None, help="Leave everything to explore.")
@cluster_options
@click.option(
    "--output",
    type=click.Choice(["table", "json", "junit"]),
    default="table",
    show_default=True,
    help="For people, for scripts, for a CI system.",
)
@click.pass_context
def smoke(ctx: click.Context, /, overlay: str, sets: tuple[str, ...], output: str, **chosen: Any) -> None:
    """Tune, train, package, serve and ask an MNIST model, on the platform's real components.

    \b
    Example:
      slipway smoke
      slipway smoke --trials 10 --parallel 5 --epochs 5 --keep
      slipway smoke --output junit > smoke.xml
    """
    import json

    from slipway.smoke import files
    from slipway.workflows import smoke_test
    from slipway.workflows.platform import load_platform

    platform = load_platform(options_of(ctx, sets, overlay))
    options = smoke_test.options(platform, **chosen)
    done = smoke_test.run(platform, options)
    if output == "junit":
        click.echo((options.report_dir / files.JUNIT).read_text(encoding="utf-8"), nl=False)
    else:
        click.echo(
            json.dumps({**done, "to": platform.client.where})
            if output == "json"
            else f"smoke test: {done['result']}: {done['why']}"
        )
    if done["result"] != "passed":
        raise click.exceptions.Exit(EXIT_FAILED)
