"""Mirroring and locking, between real registries: digests, architectures, credentials, what is there already."""

from __future__ import annotations

import base64
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from docker_registry import Registry, running
from slipway import artifacts
from slipway.cli.main import main
from slipway.errors import SlipwayError
from slipway.images import mirror
from slipway.images.find import Image
from slipway.images.reference import parse
from slipway.images.skopeo import Registries
from slipway.progress import Reporter
from slipway.readiness.probes.tinyimage import image
from slipway.render import kustomize
from slipway.smoke import registry as seeded

Start = Callable[..., Registry]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts registries; they end with the test."""
    with ExitStack() as stack:

        def begin(name: str, **more: str) -> Registry:
            return stack.enter_context(running(tmp_path / name, **more))

        yield begin


def images(*texts: str) -> list[Image]:
    return [Image(reference) for text in texts if (reference := parse(text))]


def copied(texts: list[str], to: Registry, registries: Registries, reporter: Reporter) -> dict[Any, int]:
    return mirror.run(mirror.tasks(images(*texts), f"{to.host}/ml", {}), registries, reporter)


def test_an_index_is_copied_whole_once_and_again_when_its_tag_moved(start: Start, reporter: Reporter) -> None:
    upstream, target = start("upstream"), start("target")
    registries = Registries(insecure=frozenset({upstream.host, target.host}))
    index, single = upstream.push_index("team/thing", "v1"), upstream.push("other", "v2")
    wanted = [f"{upstream.host}/team/thing:v1", f"{upstream.host}/other:v2"]
    assert copied(wanted, target, registries, reporter) == {"copied": 2, "present": 0}
    name = upstream.host.replace(":", "_")
    assert target.repositories() == [f"ml/{name}/other", f"ml/{name}/team/thing"]
    (thing, other) = images(f"{target.host}/ml/{name}/team/thing:v1", f"{target.host}/ml/{name}/other:v2")
    assert registries.digest(thing.reference) == index
    assert registries.digest(other.reference) == single
    for architecture in ("amd64", "arm64"):
        part = replace(thing.reference, digest=image(architecture).digest)
        assert registries.digest(part) == part.digest
    assert copied(wanted, target, registries, reporter) == {"copied": 0, "present": 2}
    moved = upstream.push("team/thing", "v1", "arm64")
    assert copied(wanted, target, registries, reporter) == {"copied": 1, "present": 1}
    assert registries.digest(thing.reference) == moved


def test_a_pinned_image_is_copied_by_its_digest_although_the_tag_moved(start: Start, reporter: Reporter) -> None:
    upstream, target = start("upstream"), start("target")
    registries = Registries(insecure=frozenset({upstream.host, target.host}))
    old = upstream.push("thing", "v1")
    upstream.push("thing", "v1", "arm64")
    assert copied([f"{upstream.host}/thing:v1@{old}"], target, registries, reporter)["copied"] == 1
    (there,) = images(f"{target.host}/ml/{upstream.host.replace(':', '_')}/thing:v1")
    assert registries.digest(there.reference) == old


def test_what_fails_is_named_and_the_rest_is_copied(start: Start, reporter: Reporter) -> None:
    upstream, target = start("upstream"), start("target")
    registries = Registries(insecure=frozenset({upstream.host, target.host}))
    upstream.push("thing", "v1")
    wanted = [f"{upstream.host}/nothing:v1", f"{upstream.host}/thing:v1", "no-such-registry.invalid/a:1"]
    with pytest.raises(SlipwayError) as caught:
        copied(wanted, target, registries, reporter)
    text = str(caught.value)
    assert f"image {upstream.host}/nothing:v1: there is no such image" in text
    assert "image no-such-registry.invalid/a:1: the registry no-such-registry.invalid cannot be reached" in text
    assert target.repositories() == [f"ml/{upstream.host.replace(':', '_')}/thing"]


def test_http_needs_the_flag(start: Start) -> None:
    upstream = start("upstream")
    (thing,) = images(f"{upstream.host}/thing:v1")
    with pytest.raises(SlipwayError) as caught:
        Registries().digest(thing.reference)
    assert f"{upstream.host} speaks HTTP, not HTTPS" in str(caught.value)
    assert f"--insecure {upstream.host}" in caught.value.remedy


def test_a_registry_that_went_away_is_told_by_its_host(start: Start, tmp_path: Path, reporter: Reporter) -> None:
    upstream = start("upstream")
    upstream.push("thing", "v1")
    with running(tmp_path / "short") as gone:
        pass
    registries = Registries(insecure=frozenset({upstream.host, gone.host}))
    with pytest.raises(SlipwayError, match=f"the registry {gone.host} cannot be reached"):
        copied([f"{upstream.host}/thing:v1"], gone, registries, reporter)


def authfile(path: Path, host: str, username: str, password: str) -> Path:
    auth = base64.b64encode(f"{username}:{password}".encode()).decode()
    path.write_text(json.dumps({"auths": {host: {"auth": auth}}}))
    return path


def test_credentials_come_from_the_file_and_stand_in_no_argument(
    start: Start, tmp_path: Path, reporter: Reporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A skopeo on PATH notes its arguments before it becomes the real one."""
    upstream, target = start("upstream"), start("target", username="mirror", password="geheim-4711")
    upstream.push("thing", "v1")
    wanted, insecure = [f"{upstream.host}/thing:v1"], frozenset({upstream.host, target.host})
    notes, program = tmp_path / "arguments", tmp_path / "bin" / "skopeo"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" >>{notes}\nexec {shutil.which("skopeo")} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    wrong = authfile(tmp_path / "wrong.json", target.host, "mirror", "falsch-4711")
    with pytest.raises(SlipwayError, match=f"{target.host} refuses"):
        copied(wanted, target, Registries(wrong, insecure), reporter)
    right = authfile(tmp_path / "right.json", target.host, "mirror", "geheim-4711")
    assert copied(wanted, target, Registries(right, insecure), reporter)["copied"] == 1
    said = notes.read_text()
    assert "copy" in said
    assert "4711" not in said
    assert base64.b64encode(b"mirror:geheim-4711").decode() not in said


def test_the_smoke_tests_base_goes_into_a_registry_with_a_password(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    target = start("target", username="user", password="geheim-4711")
    source = artifacts.ensure(["image/base"], Reporter())["image/base"]
    auth, wrong = (base64.b64encode(f"user:{word}".encode()).decode() for word in ("geheim-4711", "falsch"))
    with pytest.raises(SlipwayError, match=f"{target.host} refuses"):
        seeded.copy(source.path, target.host, "slipway/base", "one", wrong)
    seeded.copy(source.path, target.host, "slipway/base", "one", auth)
    assert seeded.digest(target.host, "slipway/base", "one", auth) == source.digest
    assert list(tmp_path.glob("slipway-auth-*")) == []


# -- the command line, on a distribution of the test's own ---------------------------------------------------------


@dataclass
class Done:
    """What a call of the command line gave back."""

    code: object
    stdout: str
    stderr: str


Slipway = Callable[..., Done]


@pytest.fixture
def slipway(
    tree: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Slipway]:
    """The command line, on a distribution with one component whose image is the first argument."""
    artifacts.ensure(["binary/kustomize"], Reporter())
    monkeypatch.setenv("SLIPWAY_KUSTOMIZE", str(artifacts.binary("kustomize")))
    kustomize.command.cache_clear()
    monkeypatch.chdir(tmp_path)

    def run(name: str, *words: str) -> Done:
        container = {"name": "main", "image": name, "args": [f"--helper-image={name}"]}
        template = {"metadata": {"labels": {"app": "x"}}, "spec": {"containers": [container]}}
        meta = {"name": "x", "namespace": "default"}
        spec = {"selector": {"matchLabels": {"app": "x"}}, "template": template}
        deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": spec}
        monkeypatch.setenv("SLIPWAY_HOME", str(tree({"thing": {"objects": [deployment]}})))
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([*words, "--overlay=test"])
        said = capsys.readouterr()
        return Done(ended.value.code, said.out, said.err)

    yield run
    kustomize.command.cache_clear()


def test_lock_pins_says_what_moved_and_rendering_uses_it(start: Start, slipway: Slipway, tmp_path: Path) -> None:
    upstream = start("upstream")
    first, name = upstream.push("thing", "v1"), f"{upstream.host}/thing:v1"
    done = slipway(name, "images", "lock", "--only=thing", "--check", "--insecure", upstream.host)
    assert done.code == 1
    assert f"{name}: not locked -> {first}" in done.stdout
    assert not (tmp_path / "manifests" / "images.lock.yaml").exists()
    done = slipway(name, "images", "lock", "--only=thing", "--insecure", upstream.host)
    assert done.code == 0, done.stderr
    assert yaml.safe_load((tmp_path / "manifests" / "images.lock.yaml").read_text()) == {"images": {name: first}}
    container = _container(slipway(name, "render"))
    assert container["image"] == f"{name}@{first}"
    assert container["args"] == [f"--helper-image={name}@{first}"]
    assert slipway(name, "images", "lock", "--only=thing", "--check", "--insecure", upstream.host).code == 0
    second = upstream.push("thing", "v1", "arm64")
    done = slipway(name, "images", "lock", "--only=thing", "--check", "--insecure", upstream.host)
    assert done.code == 1
    assert f"{name}: {first} -> {second}" in done.stdout


def test_an_unreachable_registry_is_one_clear_error(
    slipway: Slipway,
) -> None:
    done = slipway("no-such-registry.invalid/a:1", "images", "lock", "--only=thing")
    assert done.code == 1
    assert done.stderr.startswith(
        "✗ image no-such-registry.invalid/a:1: the registry no-such-registry.invalid cannot be"
    )
    assert "Traceback" not in done.stderr


def test_mirror_and_rewrite(start: Start, slipway: Slipway, tmp_path: Path) -> None:
    upstream, target = start("upstream"), start("target")
    upstream.push("thing", "v1")
    name = f"{upstream.host}/thing:v1"
    there = f"{target.host}/{upstream.host.replace(':', '_')}/thing:v1"
    to = ("images", "mirror", "--to", target.host, "--only=thing")
    done = slipway(name, *to, "--dry-run")
    assert (done.code, done.stdout) == (0, f"{name} -> {there}\n"), done.stderr
    assert target.repositories() == []
    done = slipway(name, *to, "--rewrite", "--insecure", upstream.host, "--insecure", target.host)
    assert done.code == 0, done.stderr
    assert yaml.safe_load((tmp_path / "slipway.yaml").read_text()) == {"images": {"registry": target.host}}
    container = _container(slipway(name, "render"))
    assert (container["image"], container["args"]) == (there, [f"--helper-image={there}"])
    listed = json.loads(slipway(name, "images", "list", "--only=thing", "--output=json").stdout)
    assert [row["reference"] for row in listed] == [name], "the list says what is mirrored, not the mirror"
    other = slipway(name, "images", "mirror", "--to", "other.example.com", "--only=thing", "--rewrite")
    assert other.code == 2
    assert "slipway.yaml:2" in other.stderr


def _container(done: Done) -> dict[str, Any]:
    assert done.code == 0, done.stderr
    (deployment,) = [obj for obj in yaml.safe_load_all(done.stdout) if obj["kind"] == "Deployment"]
    container: dict[str, Any] = deployment["spec"]["template"]["spec"]["containers"][0]
    return container
