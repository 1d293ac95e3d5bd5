"""uv in image builds: pinned, set up like the host's pip, and nothing of it in an image."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from slipway import paths
from slipway.artifacts import hostnet, uv, wheel
from slipway.errors import SlipwayError

IMAGES = paths.distribution() / "images"
LOCKS = sorted([*(paths.distribution() / "requirements").glob("*.txt"), *IMAGES.glob("*/requirements.txt")])


def environment(settings: dict[str, str]) -> dict[str, str]:
    """The variables that uv would see: the launcher is run, with env(1) in uv's place."""
    script = uv.launcher(settings, shutil.which("env") or "env", "/cache")
    done = subprocess.run(["sh", "-c", script], env={}, capture_output=True, text=True, check=True)
    return dict(line.split("=", 1) for line in done.stdout.splitlines())


def test_pip_s_settings_are_uv_s() -> None:
    found = environment(
        {
            "index-url": "https://user:pa$$w'ord@one.example.org/simple",
            "extra-index-url": "https://two.example.org/simple\nhttps://three.example.org/simple",
            "find-links": "https://a.example.org/wheels https://b.example.org/wheels",
            "trusted-host": "one.example.org two.example.org:8443",
            "proxy": "http://proxy.example.org:3128",
            "timeout": "90",
            "retries": "7",
        }
    )
    assert found["UV_DEFAULT_INDEX"] == "https://user:pa$$w'ord@one.example.org/simple"
    assert found["UV_INDEX"] == "https://two.example.org/simple https://three.example.org/simple"
    assert found["UV_FIND_LINKS"] == "https://a.example.org/wheels,https://b.example.org/wheels"
    assert found["UV_INSECURE_HOST"] == "one.example.org two.example.org:8443"
    assert found["ALL_PROXY"] == "http://proxy.example.org:3128"
    assert (found["UV_HTTP_TIMEOUT"], found["UV_HTTP_RETRIES"]) == ("90", "7")


def test_without_settings_uv_has_its_own_and_still_wants_hashes() -> None:
    found = environment({})
    assert not {"UV_DEFAULT_INDEX", "UV_INDEX", "ALL_PROXY", "UV_HTTP_TIMEOUT"} & found.keys()
    assert (found["UV_REQUIRE_HASHES"], found["UV_LINK_MODE"], found["UV_CACHE_DIR"]) == ("1", "copy", "/cache")


def test_the_launcher_is_mounted_and_named_by_an_argument(tmp_path: Path) -> None:
    hostnet.write(tmp_path, [], {"PIP_INDEX_URL": "https://user:word@one.example.org/simple"})
    launcher = tmp_path / Path(hostnet.build_arguments(bundle=False)["UV"]).name
    assert launcher.stat().st_mode & 0o111
    assert "user:word@" in launcher.read_text()
    assert "user:word@" not in str(hostnet.build_arguments(bundle=True))
    for mounted in (hostnet.PACKAGES, hostnet.PROGRAMS, hostnet.WHEELS):
        assert (tmp_path / Path(mounted).name).is_dir()


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_requirement_has_a_version_and_a_hash(path: Path) -> None:
    lines = re.sub(r"\\\n\s*", " ", path.read_text()).splitlines()
    requirements = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    assert requirements
    for line in requirements:
        assert re.match(r"[\w.-]+(\[[\w,-]+\])?==\S+ .*--hash=sha256:[0-9a-f]{64}", line), line


@pytest.mark.parametrize("path", sorted(IMAGES.glob("*/Dockerfile")), ids=lambda path: path.parent.name)
def test_images_install_with_uv_and_take_wheels(path: Path) -> None:
    text = re.sub(r"^\s*#.*$", "", path.read_text(), flags=re.MULTILINE)
    assert not re.search(r"\bpip3?\b[^\n]* (install|download)", text.replace("$UV pip install", ""))
    for command in re.findall(r"\$UV pip install[^&\n]*", text):
        # seldon-core's old libraries have no wheels (images/serving/README.md).
        assert "--no-build" in command or path.parent.name == "serving"
        # uv leaves its lock where it installs.
        target = re.search(r"(/opt/\w+)", command)
        assert not target or f"{target[1]}/.lock" in text or "COPY --from=build" in text


def test_an_installed_wheel_is_used_and_a_failed_one_leaves_nothing(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text("slipway-no-such-package==1 --hash=sha256:" + "0" * 64 + "\n")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    program = wheel.Wheel("it", lock, "bin/it", "let pip reach an index")
    with pytest.raises(SlipwayError, match="failed with code 1") as raised:
        program.ensure()
    assert "let pip reach an index" in raised.value.remedy
    assert not program.directory.exists()
    program.path.parent.mkdir(parents=True)
    program.path.write_text("")
    assert program.ensure() == program.path
