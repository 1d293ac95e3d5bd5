"""Downloads against a real server with real faults."""

from __future__ import annotations

import hashlib
import random
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from flaky_server import Site, serve
from slipway.artifacts.fetch import Damaged, Patience, Unreachable, Wanted, answers, download

DATA = random.Random(7).randbytes(3_000_000)
QUICK = Patience(connect=5, stall=20, attempts=3, pause=0.01, longest=0.02)
#: For servers that stall: the others must not fail on a loaded machine.
NERVOUS = Patience(connect=5, stall=0.5, attempts=3, pause=0.01, longest=0.02)


@pytest.fixture
def site() -> Iterator[Site]:
    with serve(Site({"/file": DATA})) as running:
        yield running


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "file"


def wanted(site: Site, data: bytes = DATA, path: str = "/file") -> Wanted:
    return Wanted(f"{site.url}{path}", hashlib.sha256(data).hexdigest(), len(data))


def nothing_left(target: Path) -> bool:
    return not target.parent.exists() or not list(target.parent.iterdir())


def test_a_good_file(site: Site, target: Path) -> None:
    assert download(wanted(site), target, QUICK).read_bytes() == DATA
    assert [path.name for path in target.parent.iterdir()] == ["file"]
    assert site.seen == [("/file", "")]


def test_an_empty_file(site: Site, target: Path) -> None:
    site.files["/empty"] = b""
    assert download(wanted(site, b"", "/empty"), target, QUICK).read_bytes() == b""


def test_a_wrong_checksum_is_refused_and_leaves_nothing(site: Site, target: Path) -> None:
    site.files["/file"] = DATA[:-1] + bytes([DATA[-1] ^ 1])
    with pytest.raises(Damaged, match="has the sha256"):
        download(wanted(site), target, QUICK)
    assert nothing_left(target)
    assert len(site.seen) == 1


def test_a_file_that_is_shorter_on_the_server(site: Site, target: Path) -> None:
    site.files["/file"] = DATA[:1000]
    with pytest.raises(Damaged, match="has 1000 bytes, not 3000000"):
        download(wanted(site), target, QUICK)


def test_a_file_that_is_longer_on_the_server(site: Site, target: Path) -> None:
    site.files["/file"] = DATA + b"more"
    with pytest.raises(Damaged, match="has 3000004 bytes, not 3000000"):
        download(wanted(site), target, QUICK)


def test_a_truncated_answer_is_resumed(site: Site, target: Path) -> None:
    site.cut = [1_200_000, 700_000]
    assert download(wanted(site), target, QUICK).read_bytes() == DATA
    first, second = [int(said.removeprefix("bytes=").rstrip("-")) for _, said in site.seen[1:]]
    assert 1_100_000 < first <= 1_200_000
    assert first + 600_000 < second <= first + 700_000


def test_a_server_that_breaks_off_at_once_every_time(site: Site, target: Path) -> None:
    site.cut = [0] * 20
    with pytest.raises(Unreachable):
        download(wanted(site), target, QUICK)
    assert len(site.seen) == QUICK.attempts


def test_a_server_that_stalls_is_left_and_the_rest_is_resumed(site: Site, target: Path) -> None:
    site.stall = [1_500_000]
    assert download(wanted(site), target, NERVOUS).read_bytes() == DATA
    assert 1_400_000 < int(site.seen[1][1].removeprefix("bytes=").rstrip("-")) <= 1_500_000


def test_a_server_that_only_stalls_is_given_up(site: Site, target: Path) -> None:
    site.stall = [0] * 20
    with pytest.raises(Unreachable, match="stalls"):
        download(wanted(site), target, NERVOUS)
    assert len(site.seen) == NERVOUS.attempts


def test_another_run_goes_on_where_the_first_broke(site: Site, target: Path) -> None:
    site.cut = [2_000_000, 0, 0, 0]
    with pytest.raises(Unreachable):
        download(wanted(site), target, QUICK)
    site.cut = []
    site.seen.clear()
    assert download(wanted(site), target, QUICK).read_bytes() == DATA
    (only,) = [int(said.removeprefix("bytes=").rstrip("-")) for _, said in site.seen]
    assert 1_900_000 < only <= 2_000_000


def test_a_server_without_ranges_starts_over(site: Site, target: Path) -> None:
    site.ranges = False
    site.cut = [1_200_000]
    assert download(wanted(site), target, QUICK).read_bytes() == DATA
    assert len(site.seen) == 2


def test_a_file_that_changed_meanwhile_is_not_mixed(site: Site, target: Path) -> None:
    site.cut = [1_000_000, 0, 0, 0]
    site.files["/file"] = b"\0" * len(DATA)
    with pytest.raises(Unreachable):
        download(wanted(site), target, QUICK)
    site.files["/file"], site.etag, site.cut = DATA, '"two"', []
    assert download(wanted(site), target, QUICK).read_bytes() == DATA


def test_a_wrong_first_part_is_noticed_without_a_tag(site: Site, target: Path) -> None:
    site.etag = ""
    target.parent.mkdir(parents=True)
    target.with_name("file.part").write_bytes(b"\0" * 1000)
    assert download(wanted(site), target, QUICK).read_bytes() == DATA
    assert [said for _, said in site.seen] == ["bytes=1000-", ""]


def test_a_first_part_that_is_too_long_is_thrown_away(site: Site, target: Path) -> None:
    target.parent.mkdir(parents=True)
    target.with_name("file.part").write_bytes(DATA + b"more")
    assert download(wanted(site), target, QUICK).read_bytes() == DATA


def test_a_missing_file_is_not_asked_for_again(site: Site, target: Path) -> None:
    with pytest.raises(Unreachable, match="404"):
        download(wanted(site, path="/other"), target, QUICK)
    assert len(site.seen) == 1
    assert nothing_left(target)


def test_a_busy_server_is_asked_again(site: Site, target: Path) -> None:
    site.statuses = [503, 429]
    assert download(wanted(site), target, QUICK).read_bytes() == DATA
    assert len(site.seen) == 3


def test_no_server(target: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    assert "refused" in answers(url, QUICK)
    with pytest.raises(Unreachable, match="refused"):
        download(Wanted(f"{url}/file", "0" * 64, 1), target, QUICK)


def test_a_server_that_answers(site: Site) -> None:
    assert answers(f"{site.url}/whatever", QUICK) == ""


def test_pauses_grow_and_are_bounded() -> None:
    patience = Patience(pause=0.5, longest=3)
    assert [patience.before(failures) for failures in (1, 2, 3, 4, 50)] == [0.5, 1, 2, 3, 3]
