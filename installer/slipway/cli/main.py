"""The command ``slipway``. Subcommands are imported when they are called, so that --help is quick."""

from __future__ import annotations

import importlib
import os
import sys
from contextlib import suppress
from typing import Any

import click

from slipway import __version__, signals, streams
from slipway.cli.options import CONTEXT, FILE, KUBECONFIG, PROGRESS
from slipway.errors import EXIT_BAD_INPUT, EXIT_FAILED, SlipwayError

#: Command → (module, name in it, one line for --help).
COMMANDS = {
    "up": ("slipway.cli.up", "up", "Bare machine → cluster → platform → smoke test."),
    "down": ("slipway.cli.down", "down", "Remove the embedded cluster and all that Slipway put on the machine."),
    "plan": ("slipway.cli.plan", "plan", "What install would create, change and delete, field by field."),
    "install": ("slipway.cli.install", "install", "Install the platform's components into a cluster."),
    "upgrade": ("slipway.cli.upgrade", "upgrade", "Move components to other versions."),
    "history": ("slipway.cli.history", "history", "The revisions that this cluster has seen."),
    "rollback": ("slipway.cli.rollback", "rollback", "Go back to an earlier revision."),
    "get": ("slipway.cli.get", "get", "The configuration, manifests or inventory of a revision."),
    "uninstall": ("slipway.cli.uninstall", "uninstall", "Remove the components from a cluster; data stays."),
    "backup": ("slipway.cli.backup", "backup", "Users' objects, databases, Secrets and data: into a file, and back."),
    "status": ("slipway.cli.status", "status", "What is installed, and whether it is well."),
    "smoke": ("slipway.cli.smoke", "smoke", "Prove the platform: tune, train, package, serve and ask an MNIST model."),
    "render": ("slipway.cli.render", "render", "Print what would be applied, as YAML."),
    "export": ("slipway.cli.export", "export", "Write a repository for kustomize, Argo CD, Flux or Helm."),
    "users": ("slipway.cli.users", "users", "Who may log in to the hub: list, add, reset, remove."),
    "open": ("slipway.cli.open", "open_", "Where a component answers, and how to log in."),
    "doctor": ("slipway.cli.doctor", "doctor", "Check the machine and the cluster: causes and remedies."),
    "images": ("slipway.cli.images", "images", "List, build, mirror and lock images."),
    "bundle": ("slipway.cli.bundle", "bundle", "One file with everything, for machines without a network."),
    "release": ("slipway.cli.release", "release", "Publish binaries and images for other machines."),
    "model": ("slipway.cli.model", "model", "Make an image of a model in the cluster, and serve it."),
    "storage": ("slipway.cli.storage", "storage", "Move the platform's volumes, as planned."),
    "cluster": ("slipway.cli.cluster", "cluster", "Start, stop and look at the embedded cluster."),
    "config": ("slipway.cli.config", "config", "Write, check, show and explain the configuration."),
    "version": ("slipway.cli.version", "version", "Versions of Slipway and of the components."),
}


ALIASES = {"diff": "plan"}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The imported command."""
        cmd_name = ALIASES.get(cmd_name, cmd_name)
        if cmd_name not in COMMANDS:
            return None
        module, name, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click's, with a suggestion for a mistyped command."""
        if args and args[0] not in COMMANDS and args[0] not in ALIASES and not args[0].startswith("-"):
            import difflib

            close = difflib.get_close_matches(args[0], COMMANDS, n=1)
            raise click.UsageError(f"no command '{args[0]}'." + (f" Did you mean '{close[0]}'?" if close else ""), ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in --help, from the table: nothing is imported."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, _, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--config", type=FILE, help="The configuration (default: ./slipway.yaml if there).")
@click.option("--kubeconfig", type=FILE, help=KUBECONFIG)
@click.option("--context", metavar="NAME", help=CONTEXT)
@click.option("--set", "sets", multiple=True, metavar="KEY=VALUE", help="Set a key of the configuration; repeatable.")
@click.option("--progress", type=PROGRESS, default="auto", show_default=True)
@click.option("--verbose", is_flag=True, help="Tracebacks of errors.")
@click.version_option(__version__, prog_name="slipway")
@click.pass_context
def cli(ctx: click.Context, /, **values: Any) -> None:
    """A machine-learning platform on Kubernetes with one command.

    \b
    Example:
      slipway up                       everything, on this machine
      slipway install --overlay gke    the platform, on a cluster that exists

    These options may stand after the command, too.

    Exit codes: 0 done, 1 failed, 2 bad input (nothing was changed), 130 interrupted (143 by SIGTERM, 129 by the end
    of the terminal).
    """
    from slipway.progress import use_style

    ctx.obj = values
    use_style(values["progress"])


def main(args: list[str] | None = None) -> None:
    """The entry point: errors become a message and an exit code."""
    streams.prepare()
    with signals.ending():
        _main(sys.argv[1:] if args is None else args)


def _main(words: list[str]) -> None:
    try:
        code = cli.main(words, prog_name="slipway", standalone_mode=False)
    except SlipwayError as error:
        _fail(str(error), error.exit_code, "--verbose" in words)
    except click.ClickException as error:
        error.show()
        sys.exit(EXIT_BAD_INPUT)
    except (KeyboardInterrupt, click.Abort):
        # What is live is wiped away, and with it whatever was written below.
        _clear()
        how = f"interrupted by {signals.name()}" if signals.name() else "interrupted"
        click.echo(f"✗ {how}; run it again to go on", err=True)
        leave(signals.code())
    except OSError as error:
        if not streams.gone(error):
            raise
        leave(EXIT_FAILED)
    try:
        sys.stdout.flush()
    except OSError as error:
        streams.gone(error)
        leave(EXIT_FAILED)
    sys.exit(code if isinstance(code, int) else 0)


def _clear() -> None:
    """Live lines of a terminal go before the last words."""
    progress = sys.modules.get("slipway.progress")
    if progress is not None:
        progress.clear_screen()


def leave(code: int) -> None:
    """End now: threads that wait for a server would hold a normal exit up."""
    _clear()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def _fail(text: str, code: int, verbose: bool) -> None:
    _clear()
    if verbose:
        import traceback

        traceback.print_exc()
    click.echo(f"✗ {text}", err=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
