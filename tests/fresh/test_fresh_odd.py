"""The same machine in an older or stranger state: each works, or is refused by name before anything is changed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import fresh_layers
import pytest
from fresh_machine import MEDIA, PYTHONS

if TYPE_CHECKING:
    from fresh_machine import Fresh

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="namespaces and mounts need root")

#: Has skopeo, and says what it did.
ENSURE = ".venv/bin/python -m slipway.host registry"
REMOVE = "dpkg --purge skopeo && rm -f /var/cache/apt/archives/*.deb"


@pytest.fixture
def without_skopeo(machine: Fresh) -> None:
    """A package that an operation needs is missing."""
    machine.run(REMOVE, cwd="/")
    assert not machine.has("skopeo")


@pytest.mark.usefixtures("without_skopeo")
def test_no_key_for_debians_archive(machine: Fresh) -> None:
    keys = "/usr/share/keyrings/debian-archive-* /etc/apt/trusted.gpg.d/debian-archive-*"
    machine.run(f"mkdir /root/keys && mv {keys} /root/keys/ && rm -rf /var/lib/apt/lists/*", cwd="/")
    before = machine.run("dpkg-query -W", cwd="/").stdout
    refused = machine.run(ENSURE, check=False)
    assert refused.returncode == 1
    assert "no key for Debian's archive" in refused.stdout and "debian-archive-keyring" in refused.stdout
    assert "Traceback" not in refused.stdout
    assert machine.run("dpkg-query -W", cwd="/").stdout == before
    machine.run(
        "mv /root/keys/*.gpg /usr/share/keyrings/; mv /root/keys/* /etc/apt/trusted.gpg.d/", cwd="/", check=False
    )
    machine.run("cp /usr/share/keyrings/debian-archive-bookworm*.gpg /etc/apt/trusted.gpg.d/", cwd="/", check=False)


@pytest.mark.usefixtures("without_skopeo")
def test_apt_was_never_asked_for_its_lists(machine: Fresh) -> None:
    machine.run("rm -rf /var/lib/apt/lists/*", cwd="/")
    machine.run(ENSURE)
    assert machine.has("skopeo")


@pytest.mark.usefixtures("without_skopeo")
def test_lists_that_are_older_than_the_mirror(machine: Fresh) -> None:
    # The mirror has no such file any more: the version in the lists is one that was replaced. The signed index is an
    # older one, too, with other sums, or apt would find that nothing has changed.
    machine.run(
        "sed -i '/^Package: skopeo$/,/^$/ { s,^Filename: .*,Filename: pool/main/s/skopeo/skopeo_0_amd64.deb, }' "
        "/var/lib/apt/lists/*_Packages && rm -f /var/cache/apt/*.bin && "
        "sed -i -E 's/^ [0-9a-f]{8}/ 00000000/' /var/lib/apt/lists/*InRelease && "
        "touch -d 2020-01-01 /var/lib/apt/lists/*InRelease",
        cwd="/",
    )
    said = machine.run(ENSURE).stdout
    assert "older than the mirror" in said
    assert machine.has("skopeo")


@pytest.mark.usefixtures("without_skopeo")
def test_a_package_that_is_half_configured(machine: Fresh) -> None:
    machine.run("cd /tmp && apt-get download -q hello && dpkg --unpack hello_*.deb", cwd="/")
    assert "hello" in machine.run("dpkg --audit", cwd="/").stdout
    said = machine.run(ENSURE).stdout
    assert "dpkg --configure -a" in said
    assert machine.has("skopeo") and machine.run("dpkg --audit", cwd="/").stdout == ""


@pytest.mark.usefixtures("without_skopeo")
def test_apt_is_at_work_for_somebody_else(machine: Fresh) -> None:
    hold = (
        "import fcntl, time; f = open('/var/lib/dpkg/lock-frontend', 'r+b'); fcntl.lockf(f, fcntl.LOCK_EX); "
        "open('/tmp/held', 'w'); time.sleep(15)"
    )
    machine.run(f'python3 -c "{hold}" >/dev/null 2>&1 & while [ ! -e /tmp/held ]; do sleep 0.1; done', cwd="/")
    said = machine.run(ENSURE).stdout
    assert "apt is locked by python3" in said
    assert machine.has("skopeo")


def test_a_strict_mask_a_home_with_a_space_anothers_clone_and_a_tmpdir_elsewhere(machine: Fresh) -> None:
    home, clone = "/root/my home", "/srv/their clone"
    machine.run(
        f"useradd owner; git clone --quiet {MEDIA} '{clone}'; chown -R owner: '{clone}'; chmod -R go= '{clone}'",
        cwd="/",
    )
    # What was built before is lent to the new home, so that only one image is built there.
    machine.run(f"mkdir -p '{home}/.cache' && cp -a /root/.cache/slipway '{home}/.cache/'", cwd="/")
    machine.run(f"rm -rf '{home}'/.cache/slipway/images/builder-*", cwd="/")
    env = {"HOME": home, "TMPDIR": "/dev/shm"}
    line = "umask 077 && make .venv/.slipway && .venv/bin/slipway images build builder"
    said = machine.run(line, cwd=clone, env=env, seconds=600).stdout
    assert f"{home}/.cache/slipway/images/builder-" in said
    # The same modes as under an ordinary mask: an image must not depend on who built it.
    root = machine.machine.root
    theirs, ordinary = (fresh_layers.modes(root / place[1:] / ".cache/slipway/images") for place in (home, "/root"))
    assert theirs == ordinary and "opt/slipway/slipway_builder/__main__.py" in theirs
    machine.run(f"rm -rf '{home}' '{clone}'", cwd="/")


@pytest.mark.parametrize("version", ["3.12", "3.13"])
def test_a_python_from_elsewhere(machine: Fresh, version: str) -> None:
    found = machine.run(f"ls -d {PYTHONS}/{version}.*/bin/python3", cwd="/", check=False).stdout.split()
    if not found or machine.run(f"{found[0]} -c 'import ssl, venv, sqlite3'", cwd="/", check=False).returncode:
        pytest.skip(f"this machine has no Python {version} that runs on a bare Debian")
    machine.run(f"git clone --quiet {MEDIA} python-{version}", cwd="/root")
    there = f"/root/python-{version}"
    machine.run(f"make PYTHON={found[0]} .venv/.slipway", cwd=there)
    assert version in machine.run(".venv/bin/python --version", cwd=there).stdout
    assert (
        "nothing was changed" not in machine.run(".venv/bin/slipway images list --overlay embedded", cwd=there).stdout
    )
    machine.run(f"rm -rf {there}", cwd="/")


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ("mv /usr/lib/python3.11/ensurepip /tmp/", "python3-venv"),
        ("mv /usr/bin/git /tmp/", ""),
    ],
)
def test_what_the_readme_requires_is_checked_in_the_first_second(machine: Fresh, broken: str, says: str) -> None:
    machine.run(f"cp -a /root/slipway /root/checked && rm -rf /root/checked/.venv && {broken}", cwd="/")
    done = machine.run("make up UNTIL=host", cwd="/root/checked", check=False)
    name = broken.split()[1]
    machine.run(f"mv /tmp/{name.rpartition('/')[2]} {name}; rm -rf /root/checked", cwd="/")
    if says:
        assert done.returncode == 2 and says in done.stdout and "apt-get install" in done.stdout
    else:
        assert done.returncode == 0  # git is for the clone alone
