"""Users' own ids, and who may write the claim data."""

from __future__ import annotations

import asyncio
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
from slipway_hub import ids, spawner
from slipway_hub.settings import Settings

ENV = {
    "PROJECT_NAMESPACE": "lab",
    "NOTEBOOK_IMAGE": "slipway.local/notebook:abc",
    "HUB_ADMIN_PASSWORD": "a" * 40,
    "JPY_COOKIE_SECRET": "c" * 64,
    "HUB_VOLUMES": "data,outputs",
}


@pytest.fixture
def database(tmp_path: Path) -> str:
    return str(tmp_path / "hub.sqlite")


def pod() -> SimpleNamespace:
    mounts = [SimpleNamespace(name=f"project-{name}", read_only=None) for name in ("data", "outputs")]
    return SimpleNamespace(spec=SimpleNamespace(containers=[SimpleNamespace(volume_mounts=mounts)]))


def of_user(name: str, *groups: str) -> SimpleNamespace:
    return SimpleNamespace(user=SimpleNamespace(name=name, groups=[SimpleNamespace(name=group) for group in groups]))


def test_everybody_has_an_id_of_ones_own_and_keeps_it(database: str) -> None:
    first = [ids.id_of(database, name) for name in ("harbour", "pier", "harbour")]
    assert first[0] == first[2] != first[1]
    assert min(first) > ids.GROUP
    assert ids.id_of(database, "pier") == first[1]


def test_servers_that_start_at_the_same_time_agree(database: str) -> None:
    names = [f"user{number % 5}" for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda name: (name, ids.id_of(database, name)), names))
    assert len(set(found)) == 5
    assert len({number for _, number in found}) == 5


def test_there_is_an_end_of_ids(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ids, "LAST", ids.GROUP + 1)
    ids.id_of(database, "harbour")
    for _ in range(2):
        with pytest.raises(RuntimeError, match="no user id is left for pier"):
            ids.id_of(database, "pier")
    monkeypatch.undo()
    assert ids.id_of(database, "pier") == ids.GROUP + 2


def test_the_spawner_asks_for_its_users_id(database: str) -> None:
    traits = spawner.traits(Settings.from_env(ENV), database)
    assert traits["uid"] is traits["gid"]
    assert asyncio.run(traits["uid"](of_user("harbour"))) == ids.id_of(database, "harbour")


@pytest.mark.parametrize(
    ("writers", "user", "read_only"),
    [
        ("*", of_user("harbour"), False),
        ("pier", of_user("harbour"), True),
        ("pier, harbour", of_user("harbour"), False),
        ("curators", of_user("harbour", "curators"), False),
        ("", of_user("harbour"), True),
        ("", of_user("admin"), False),
    ],
)
def test_only_writers_write_the_claim_data(writers: str, user: SimpleNamespace, read_only: bool) -> None:
    settings = Settings.from_env({**ENV, "HUB_DATA_WRITERS": writers})
    made = spawner.read_only_data(settings)(user, pod())
    found = {mount.name: bool(mount.read_only) for mount in made.spec.containers[0].volume_mounts}
    assert found == {"project-data": read_only, "project-outputs": False}


def test_the_start_is_a_shells(tmp_path: Path) -> None:
    done = subprocess.run(["/bin/sh", "-n"], input=spawner.start(), text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
