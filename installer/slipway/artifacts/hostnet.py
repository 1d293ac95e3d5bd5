"""What builds need to know of this machine's network: CA bundle, proxies, package indexes.

It is mounted into builds as files of one directory and named by build arguments, so that nothing of it
stays in an image: the arguments hold only paths below MOUNT, the same on every machine.
"""

from __future__ import annotations

import configparser
import os
import re
import ssl
import subprocess
from collections.abc import Mapping
from pathlib import Path

from slipway.artifacts import apt, uv

#: Where the directory appears in a build; the base image has it, empty. (mmdebstrap clears /run.)
MOUNT = "/usr/lib/slipway-build"
#: apt's lists and packages in a build: a directory that outlives it and is not part of the image.
PACKAGES = f"{MOUNT}/packages"
#: The directory of uv's program in a build, and the packages that it downloads: no part of the image either.
PROGRAMS = f"{MOUNT}/programs"
WHEELS = f"{MOUNT}/wheels"
#: The time of every file in an image (seconds; 2026-01-01), so that the same inputs give the same layer.
EPOCH = 1767225600

_BUNDLE_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT", "NODE_EXTRA_CA_CERTS")
_PIP_KEYS = (
    "index-url",
    "extra-index-url",
    "find-links",
    "trusted-host",
    "timeout",
    "default-timeout",
    "retries",
    "proxy",
)
_APT_KEYS = r'Acquire::(?:https?::Proxy(?:::\S+)?|Check-Valid-Until|Check-Date|Retries) "[^"]*";'
_NPM_KEYS = re.compile(r"^(registry|proxy|https-proxy|noproxy|strict-ssl|@[^:]+:registry|//.+:_\w+)\s*=")


def ca_bundle(environ: Mapping[str, str] = os.environ) -> Path | None:
    """The bundle that this machine trusts: from the usual variables, else the system's; None when there is none."""
    for name in _BUNDLE_VARIABLES:
        path = Path(environ.get(name, ""))
        if environ.get(name) and path.is_file():
            return path
    default = ssl.get_default_verify_paths().openssl_cafile
    for path in (Path("/etc/ssl/certs/ca-certificates.crt"), Path(default)):
        if path.is_file():
            return path
    return None


def build_arguments(bundle: bool) -> dict[str, str]:
    """The variables that RUN steps see, the same on every machine; ``bundle``: whether there is a CA bundle."""
    arguments = {
        "APT_CONFIG": f"{MOUNT}/apt.conf",
        "DEBIAN_FRONTEND": "noninteractive",
        "NPM_CONFIG_USERCONFIG": f"{MOUNT}/npmrc",
        "PIP_CONFIG_FILE": f"{MOUNT}/pip.conf",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_ROOT_USER_ACTION": "ignore",
        # Python then writes bytecode that holds by content: all times of a layer are reset.
        "SOURCE_DATE_EPOCH": str(EPOCH),
        "UV": f"{MOUNT}/uv",
    }
    if bundle:
        path = f"{MOUNT}/ca.pem"
        names = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "GIT_SSL_CAINFO")
        arguments |= dict.fromkeys(names, path)
    return arguments


def with_arguments(dockerfile: str, arguments: Mapping[str, str]) -> str:
    """The Dockerfile with the arguments declared in each stage; they are seen by RUN and are no part of the image."""
    declared = "".join(f"ARG {name}={value}\n" for name, value in sorted(arguments.items()))
    lines = dockerfile.splitlines(keepends=True)
    return "".join(f"{line.rstrip()}\n{declared}" if re.match(r"FROM\s", line) else line for line in lines)


def write(directory: Path, sources: list[apt.Source], environ: Mapping[str, str] = os.environ) -> bool:
    """Write the files that MOUNT shows; True when there is a CA bundle among them."""
    for mounted in (PACKAGES, PROGRAMS, WHEELS):
        (directory / Path(mounted).name).mkdir(parents=True, exist_ok=True)
    bundle = ca_bundle(environ)
    if bundle:
        (directory / "ca.pem").write_bytes(bundle.read_bytes())
    # The image's own keyring verifies: the host's may have another path.
    lines = [apt.Source(item.uri, item.suite, item.components).line for item in sources]
    (directory / "sources.list").write_text("\n".join(lines) + "\n")
    (directory / "apt.conf").write_text(apt_conf(apt_options(), bool(bundle)))
    settings = machine_pip(environ)
    (directory / "pip.conf").write_text(pip_conf(settings, bool(bundle)))
    (directory / "uv").write_text(uv.launcher(settings, f"{PROGRAMS}/uv", WHEELS))
    (directory / "uv").chmod(0o755)
    (directory / "npmrc").write_text(npmrc(_npm_files(environ), environ, bool(bundle)))
    return bool(bundle)


def apt_options(dump: str | None = None) -> list[str]:
    """The host's apt options that concern its network, from the output of ``apt-config dump``."""
    if dump is None:
        dump = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=False).stdout
    return re.findall(_APT_KEYS, dump)


def apt_conf(options: list[str], bundle: bool) -> str:
    """apt's configuration in builds."""
    lines = [
        f'Dir::Etc::SourceList "{MOUNT}/sources.list";',
        'Dir::Etc::SourceParts "-";',
        f'Dir::State::Lists "{PACKAGES}/lists";',
        f'Dir::Cache::Archives "{PACKAGES}/archives";',
        'Dir::Cache::pkgcache "";',
        'Dir::Cache::srcpkgcache "";',
        'Acquire::Languages "none";',
    ]
    if bundle:
        lines.append(f'Acquire::https::CAInfo "{MOUNT}/ca.pem";')
    return "\n".join([*lines, *options]) + "\n"


def pip_settings(files: list[str], environ: Mapping[str, str]) -> dict[str, str]:
    """The host's package indexes and how to reach them, by pip's names; variables before files as pip has it."""
    merged: dict[str, str] = {}
    for text in files:
        parser = configparser.RawConfigParser()
        parser.read_string(text)
        if parser.has_section("global"):
            merged |= {key: value for key, value in parser.items("global") if key in _PIP_KEYS}
    for key in _PIP_KEYS:
        value = environ.get("PIP_" + key.upper().replace("-", "_"))
        if value:
            merged[key] = value
    # A directory of the host is not there in a build.
    if "://" not in merged.get("find-links", "://"):
        del merged["find-links"]
    return merged


def machine_pip(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """``pip_settings`` of this machine's own files."""
    return pip_settings(_pip_files(environ), environ)


def pip_conf(settings: Mapping[str, str], bundle: bool) -> str:
    """pip's configuration in builds."""
    merged = {**settings, "cert": f"{MOUNT}/ca.pem"} if bundle else settings
    return "[global]\n" + "".join(f"{key} = {_folded(value)}\n" for key, value in sorted(merged.items()))


def machine_npm(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """This machine's registries and proxies, by npm's names."""
    lines = [line.partition("=") for line in npm_lines(_npm_files(environ), environ)]
    return {key.strip(): value.strip() for key, _, value in lines}


def npm_lines(files: list[str], environ: Mapping[str, str]) -> list[str]:
    """What npm's configuration says of registries, with their credentials; variables come last."""
    lines = [line.strip() for text in files for line in text.splitlines() if _NPM_KEYS.match(line.strip())]
    for name in ("NPM_CONFIG_REGISTRY", "npm_config_registry"):
        if environ.get(name):
            lines.append(f"registry={environ[name]}")
    return lines


def npmrc(files: list[str], environ: Mapping[str, str], bundle: bool) -> str:
    """npm's configuration in builds: the host's registries, with their credentials."""
    lines = npm_lines(files, environ)
    if bundle:
        lines.append(f"cafile={MOUNT}/ca.pem")
    return "\n".join([*dict.fromkeys(lines), "audit=false", "fund=false", "update-notifier=false"]) + "\n"


def _folded(value: str) -> str:
    return value.strip().replace("\n", "\n    ")


def _read(candidates: list[Path]) -> list[str]:
    return [path.read_text() for path in candidates if path.is_file()]


def _pip_files(environ: Mapping[str, str]) -> list[str]:
    home = Path.home()
    named = [Path(environ["PIP_CONFIG_FILE"])] if environ.get("PIP_CONFIG_FILE") else []
    return _read([Path("/etc/pip.conf"), home / ".pip/pip.conf", home / ".config/pip/pip.conf", *named])


def _npm_files(environ: Mapping[str, str]) -> list[str]:
    named = [Path(environ["NPM_CONFIG_USERCONFIG"])] if environ.get("NPM_CONFIG_USERCONFIG") else []
    return _read([Path("/etc/npmrc"), Path("/usr/etc/npmrc"), Path.home() / ".npmrc", *named])
