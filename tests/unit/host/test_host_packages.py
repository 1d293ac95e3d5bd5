"""What operations need of the host, what is missing of it, and how apt is asked for it."""

from __future__ import annotations

import fcntl
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from slipway.errors import NotYet, SlipwayError
from slipway.host import apt, locks, needs, packages, services
from slipway.host.needs import Need
from slipway.host.run import attempt
from slipway.progress import Reporter

OPERATIONS = sorted(needs.OPERATIONS)


def quiet() -> Reporter:
    return Reporter(stream=io.StringIO())


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_names_packages_of_the_table(operation: str) -> None:
    assert {need.package for need in needs.of(operation)} == set(needs.OPERATIONS[operation])


def test_a_bundle_brings_all_that_up_needs() -> None:
    assert set(needs.PACKAGES) == {need.package for need in needs.of("up")}
    assert {"mmdebstrap", "buildah", "skopeo", "containerd"} <= set(needs.PACKAGES)


def test_a_program_or_a_file_that_is_not_there_names_its_package(tmp_path: Path) -> None:
    (tmp_path / "lib" / "x").mkdir(parents=True)
    (tmp_path / "lib" / "x" / "plugin.so").touch()
    wanted = [
        Need("there", ("sh",), (f"{tmp_path}/lib/*/plugin.so",)),
        Need("no-program", ("sh", "no-such-program")),
        Need("no-file", ("sh",), (f"{tmp_path}/lib/*/other.so",)),
    ]
    assert packages.missing(wanted) == ["no-program", "no-file"]


def test_nothing_missing_nothing_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(needs.OPERATIONS, "nothing", ())
    monkeypatch.setattr(apt, "install", lambda *_: pytest.fail("it installs"))
    reporter = quiet()
    assert packages.ensure("nothing", reporter) == [] and not reporter.timings


def test_where_apt_may_not_the_command_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(packages, "environment", lambda: {"PATH": str(tmp_path)})
    with pytest.raises(SlipwayError) as caught:
        packages.ensure("registry", quiet())
    assert "no apt-get here" in caught.value.what and "skopeo" in caught.value.remedy
    (tmp_path / "apt-get").symlink_to("/bin/true")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(SlipwayError) as caught:
        packages.ensure("registry", quiet())
    assert "not root" in caught.value.what
    assert "apt-get install --no-install-recommends skopeo" in caught.value.remedy


def test_the_module_is_a_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "slipway.host", "knitting"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2 and "image build" in done.stderr


# -- the locks of apt ----------------------------------------------------------------------------------------------

LOCKS = """\
1: POSIX  ADVISORY  WRITE 812 fe:00:131 0 EOF
1: -> POSIX  ADVISORY  WRITE 990 fe:00:131 0 EOF
2: FLOCK  ADVISORY  WRITE 4711 fe:00:42 0 EOF
"""


@pytest.mark.parametrize(("inode", "pid"), [(131, 812), (42, 4711), (13, 0)])
def test_who_holds_a_lock(inode: int, pid: int) -> None:
    assert locks.holder(LOCKS, inode) == pid


def test_a_lock_of_another_process_is_named(tmp_path: Path) -> None:
    path = tmp_path / "lock-frontend"
    path.touch()
    locks.check([path, tmp_path / "none"])
    code = (
        "import fcntl, sys; f = open(sys.argv[1], 'r+b'); fcntl.lockf(f, fcntl.LOCK_EX); print(1, flush=True); input()"
    )
    child = subprocess.Popen([sys.executable, "-c", code, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert child.stdout and child.stdout.readline()
        with pytest.raises(NotYet, match=rf"locked by python\S* \(process {child.pid}\)"):
            locks.check([path])
    finally:
        child.communicate(b"\n")
    locks.check([path])
    with path.open("r+b") as handle:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


# -- services ------------------------------------------------------------------------------------------------------


def test_packages_may_not_start_services(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    with services.kept_down(policy):
        assert attempt([policy])[0] == 101
    assert not policy.exists()


def test_a_policy_of_the_machine_is_left_alone(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text("theirs")
    with services.kept_down(policy):
        assert policy.read_text() == "theirs"
    assert policy.read_text() == "theirs"
