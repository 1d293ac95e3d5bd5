"""``slipway release``: artifacts for others, on a web server or in a registry."""

from __future__ import annotations

from pathlib import Path

import click

from slipway.cli.signing import opened, sign_options


@click.group()
def release() -> None:
    """Publish binaries and images, so that other machines need not build them.

    \b
    Example:
      slipway release create -o public/
    """


@release.command()
@click.option("-o", "--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="The directory.")
@click.option("--push", default="", metavar="REGISTRY", help="Push the images there too: host:port/prefix.")
@sign_options
@click.argument("names", nargs=-1)
def create(out: Path, push: str, sign: Path | None, passphrase_file: Path | None, names: tuple[str, ...]) -> None:
    """Write a directory that any web server can serve, with a lock file (default: of every artifact).

    Others set artifacts.url to the directory's URL, artifacts.registry to the registry, and keep artifacts.lock.yaml
    in their distribution: what it names is compared with it, whatever the server sends. So it is the file to sign.

    \b
    Example:
      slipway release create -o public/ --push registry.example.org/slipway
      slipway release create -o public/ --sign minisign.key
    """
    from slipway import __version__, artifacts, outputs, paths, signing
    from slipway.artifacts import lock, publish
    from slipway.artifacts.registry import split
    from slipway.images.naming import check_registry
    from slipway.progress import Reporter

    if push:
        check_registry(split(push)[0], "--push")
    outputs.directory(out, f"-o {out}")
    key = opened(sign, passphrase_file)
    signing.beside(out / lock.NAME).unlink(missing_ok=True)
    reporter = Reporter()
    known = artifacts.catalogue()
    everything = [*(f"image/{name}" for name in known.images), *(f"binary/{name}" for name in known.owners)]
    built = artifacts.ensure(names or everything, reporter, known)
    unique = {(item.kind, item.name): item for item in built.values()}
    publish.write(unique.values(), out, reporter)
    if push:
        publish.push(list(unique.values()), push, reporter)
    if key:
        from slipway.bundle import moment

        timestamp = int(moment.of_sources(paths.distribution()).timestamp())
        comment = f"timestamp:{timestamp}\tfile:{lock.NAME}\tslipway {__version__}, release"
        click.echo(f"{signing.sign(out / lock.NAME, key, comment)}: by {key.get_public_key().to_base64().decode()}")
    click.echo(f"{out}: serve it, and give others {out / lock.NAME}")
