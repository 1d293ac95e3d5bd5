"""The base image: Debian packages unpacked by mmdebstrap, as one OCI layer written here."""

from __future__ import annotations

import json
import platform
import shutil
from datetime import UTC, datetime
from pathlib import Path

from slipway.artifacts import apt, hostnet, labels, layout, process
from slipway.artifacts.model import ImageSpec, Rootfs

RECIPE = 3

_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_EXCLUDED = ("doc/*", "man/*", "locale/*", "info/*", "lintian/*", "linda/*", "doc-base/*", "bug/*")
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def architecture() -> str:
    """This machine's architecture as Debian, Go and OCI call it."""
    return _ARCHITECTURES.get(platform.machine(), platform.machine())


def command(rootfs: Rootfs, sources: list[apt.Source], out: Path, configuration: Path) -> list[str | Path]:
    """The call of mmdebstrap that writes the file system to the tar file ``out``."""
    options: list[str | Path] = [
        "mmdebstrap",
        "--variant=minbase",
        "--mode=auto",
        "--format=tar",
        # usr-is-merged instead of usrmerge, which would bring all of Perl.
        "--hook-directory=/usr/share/mmdebstrap/hooks/merged-usr",
        f"--include={','.join(('usr-is-merged', *rootfs.packages))}",
        f"--aptopt={configuration}",
    ]
    options += [f"--dpkgopt=path-exclude=/usr/share/{name}" for name in _EXCLUDED]
    # No fsync for each file: a file system that is packed at once needs none, nor do images that stand on this one.
    options.append("--dpkgopt=force-unsafe-io")
    # Copyright files stay: the licences ask for it.
    options.append("--dpkgopt=path-include=/usr/share/doc/*/copyright")
    hooks = [f'mkdir -p "$1"{hostnet.MOUNT}']
    if rootfs.user:
        home = f"/home/{rootfs.user}"
        hooks.append(
            f'chroot "$1" useradd --uid {rootfs.user_id} --user-group --create-home --home-dir {home} '
            f"--shell /bin/bash {rootfs.user}"
        )
    # The mirror is the building machine's; users of the image have their own.
    hooks.append('rm -rf "$1"/etc/apt/sources.list "$1"/etc/apt/sources.list.d/* "$1"/etc/apt/apt.conf.d/99mmdebstrap')
    hooks.append('rm -rf "$1"/var/log/* "$1"/var/cache/debconf/*-old "$1"/var/lib/dpkg/*-old')
    hooks.append('rm -f "$1"/etc/resolv.conf "$1"/etc/hostname "$1"/etc/passwd- "$1"/etc/group- "$1"/etc/shadow-')
    options += [f"--customize-hook={hook}" for hook in hooks]
    keyring = [f"--keyring={_KEYRING}"] if _KEYRING.is_file() else []
    lines = [apt.Source(item.uri, item.suite, item.components).line for item in sources]
    return [*options, *keyring, rootfs.suite, out, *lines]


def build(spec: ImageSpec, rootfs: Rootfs, work: Path, out: Path, log: Path) -> None:
    """Build the OCI layout ``out``. Raises SlipwayError when the host is not Debian or packages cannot be had."""
    sources = apt.debian_sources(apt.host_sources(), rootfs.suite)
    configuration = work / "apt.conf"
    bundle = hostnet.ca_bundle()
    trust = [f'Acquire::https::CAInfo "{bundle}";'] if bundle else []
    configuration.write_text("\n".join([*trust, *hostnet.apt_options()]) + "\n")
    tar = work / "rootfs.tar"
    process.run(
        command(rootfs, sources, tar, configuration),
        log=log,
        where=f"image {spec.name}",
        remedy="let apt reach the Debian mirror of this machine's configuration",
        env={"SOURCE_DATE_EPOCH": str(hostnet.EPOCH)},
    )
    write_image(spec, rootfs, tar, out)
    shutil.rmtree(work, ignore_errors=True)


def write_image(spec: ImageSpec, rootfs: Rootfs, tar: Path, out: Path) -> None:
    """Make an OCI layout whose only layer is the tar file, which is moved."""
    out.mkdir(parents=True)
    layer = layout.add_file(out, tar, layout.LAYER)
    created = datetime.fromtimestamp(hostnet.EPOCH, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    notes = labels.of(spec)
    config = {
        "created": created,
        "architecture": architecture(),
        "os": "linux",
        "config": {"Env": [f"{key}={value}" for key, value in rootfs.env], "Cmd": ["/bin/bash"], "Labels": notes},
        "rootfs": {"type": "layers", "diff_ids": [layer["digest"]]},
        "history": [{"created": created, "created_by": f"mmdebstrap {rootfs.suite} {' '.join(rootfs.packages)}"}],
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": layout.MANIFEST,
        "config": layout.add_bytes(out, json.dumps(config, sort_keys=True).encode(), layout.CONFIG),
        "layers": [layer],
        "annotations": notes,
    }
    descriptor = layout.add_bytes(out, json.dumps(manifest, sort_keys=True).encode(), layout.MANIFEST)
    layout.write_index(out, descriptor, spec.reference)
