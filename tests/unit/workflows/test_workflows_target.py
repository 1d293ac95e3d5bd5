"""Which cluster a command is for; the clusters themselves are in tests/api/test_which_cluster.py."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from slipway import paths
from slipway.cli.main import cli
from slipway.errors import BadInput, SlipwayError
from slipway.progress import Reporter
from slipway.workflows import target
from slipway.workflows.options import Options

NOTHING = Options(None, None, ())


def write(path: Path, server: str, authority: str = "") -> Path:
    cluster: dict[str, Any] = {"server": server}
    if authority:
        cluster["certificate-authority-data"] = authority
    document = {
        "clusters": [{"name": "c", "cluster": cluster}],
        "contexts": [{"name": path.name, "context": {"cluster": "c"}}],
        "current-context": path.name,
    }
    path.write_text(yaml.safe_dump(document))
    return path


@pytest.fixture(autouse=True)
def admin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The embedded cluster's kubeconfig, which is there."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
    path = write(tmp_path / "admin.conf", "https://192.0.2.1:6443", "b3du")
    monkeypatch.setattr(paths, "KUBECONFIG", path)
    return path


def test_the_embedded_cluster_only_when_nothing_else_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = write(tmp_path / "other", "https://192.0.2.2:6443", "b3RoZXI=")
    (tmp_path / ".kube").mkdir()
    write(tmp_path / ".kube/config", "https://192.0.2.3:6443")
    assert target.cluster_of(NOTHING, "embedded").context == "admin.conf"
    assert target.cluster_of(NOTHING, "gke").context == "config"
    assert target.cluster_of(replace(NOTHING, context="config"), "embedded").context == "config"
    assert target.cluster_of(replace(NOTHING, kubeconfig=other), "ci").context == "other"
    monkeypatch.setenv("KUBECONFIG", str(other))
    with pytest.raises(BadInput, match=r"192\.0\.2\.2"):
        target.cluster_of(NOTHING, "embedded")
    assert target.cluster_of(NOTHING, "gke").context == "other"
    assert target.cluster_of(replace(NOTHING, reads=True), "embedded").context == "other"
    assert target.cluster_of(replace(NOTHING, own=True), "embedded").context == "admin.conf"
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "nowhere"))
    with pytest.raises(SlipwayError, match="no usable kubeconfig"):
        target.cluster_of(NOTHING, "embedded")


@pytest.mark.parametrize(
    ("server", "authority", "same"),
    [
        ("https://127.0.0.1:7443", "b3du", True),  # through a tunnel
        ("https://192.0.2.1:6443", "", True),
        ("https://192.0.2.1:6443", "b3RoZXI=", False),  # of a cluster that was here before
        ("https://192.0.2.2:6443", "", False),
    ],
)
def test_what_is_this_machines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: str, authority: str, same: bool
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(write(tmp_path / "x", server, authority)))
    if same:
        assert target.cluster_of(NOTHING, "embedded").server == server
        target.refuse_for_up(NOTHING, "embedded")
        return
    for refuse in (target.cluster_of, target.refuse_for_up):
        with pytest.raises(BadInput, match=server):
            refuse(NOTHING, "embedded")


def test_up_on_a_bare_machine(tmp_path: Path, admin: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    admin.unlink()
    monkeypatch.setenv("KUBECONFIG", str(admin))  # as a profile may have it
    target.refuse_for_up(NOTHING, "embedded")
    with pytest.raises(SlipwayError, match="no cluster on this machine"):
        target.cluster_of(NOTHING, "embedded")
    monkeypatch.setenv("KUBECONFIG", str(write(tmp_path / "x", "https://192.0.2.2:6443")))
    with pytest.raises(BadInput, match=r"192\.0\.2\.2"):
        target.refuse_for_up(NOTHING, "embedded")


def test_what_is_about_this_machine_says_that_it_takes_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = io.StringIO()
    reporter = Reporter("plain", stream)
    target.report_other(NOTHING, "down", reporter)
    assert stream.getvalue() == ""
    other = write(tmp_path / "x", "https://192.0.2.2:6443")
    monkeypatch.setenv("KUBECONFIG", str(other))
    target.report_other(NOTHING, "down", reporter)
    assert "KUBECONFIG leads to https://192.0.2.2:6443; down is about the cluster on this machine" in stream.getvalue()
    with pytest.raises(BadInput):
        target.report_other(replace(NOTHING, kubeconfig=other), "down", reporter)


def leaves(command: click.Command, name: str = "") -> Iterator[tuple[str, click.Command]]:
    """All commands with their names: ``cluster status``."""
    if not isinstance(command, click.Group):
        yield name, command
        return
    context = click.Context(command)
    for word in command.list_commands(context):
        inner = command.get_command(context, word)
        assert inner is not None
        yield from leaves(inner, f"{name} {word}".strip())


def test_options_say_the_same_before_and_after_the_command() -> None:
    """Every command that takes --kubeconfig takes --context, --config and --progress; none has an option twice."""
    names = {}
    for name, command in leaves(cli):
        options = [option for parameter in command.params for option in parameter.opts]
        assert len(options) == len(set(options)), name
        names[name] = set(options)
    reach = {name for name, options in names.items() if "--kubeconfig" in options}
    assert {"install", "upgrade", "rollback", "uninstall", "status", "history", "get", "plan", "smoke"} <= reach
    assert {"storage migrate", "storage changes", "open", "doctor", "up"} <= reach
    for name in reach:
        assert {"--context", "--config", "--progress", "--set", "--overlay"} <= names[name], name
