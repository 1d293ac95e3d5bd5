"""Passwords as they are kept, and how long who guesses waits."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from slipway_hub import passwords
from slipway_hub.manage import token
from slipway_hub.passwords import Passwords, Unusable, hashed, matches
from slipway_hub.throttle import FREE, LONGEST, MOST, Throttle

WORD = "a-good-one-1234"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "N", 1 << 10)


@pytest.fixture
def kept(tmp_path: Path) -> Passwords:
    return Passwords(str(tmp_path / "hub.sqlite"))


def test_a_password_is_right_for_its_user_alone(kept: Passwords) -> None:
    kept.put("mate", WORD)
    kept.put("cook", "another-one-1234")
    assert kept.right("mate", WORD)
    assert not kept.right("cook", WORD)
    assert not kept.right("nobody", WORD)
    assert not kept.right("mate", "")
    assert not kept.right("mate", WORD + "x" * 1000)


def test_what_is_kept_does_not_tell_the_password(kept: Passwords, tmp_path: Path) -> None:
    kept.put("mate", WORD)
    kept.put("cook", WORD)
    assert WORD.encode() not in (tmp_path / "hub.sqlite").read_bytes()
    found = [row[0] for row in sqlite3.connect(tmp_path / "hub.sqlite").execute("select hash from slipway_passwords")]
    assert len(set(found)) == 2
    assert list(kept.changed()) == ["cook", "mate"]


def test_the_last_one_counts_and_a_removed_one_does_not(kept: Passwords) -> None:
    kept.put("mate", WORD)
    kept.put("mate", "another-one-1234")
    assert (kept.right("mate", WORD), kept.right("mate", "another-one-1234")) == (False, True)
    assert (kept.remove("mate"), kept.remove("mate")) == (True, False)
    assert not kept.right("mate", "another-one-1234")


@pytest.mark.parametrize("word", ["", "short", "x" * 513, "aaaaaaaaaaaaaa", "mate-mate-mate", "The-MATE-1234"])
def test_passwords_that_nobody_should_have(kept: Passwords, word: str) -> None:
    with pytest.raises(Unusable):
        kept.put("mate", word)
    assert not kept.right("mate", word)


@pytest.mark.parametrize("text", ["", "scrypt", "scrypt$x$8$1$AA$AA", "md5$1$8$1$AA$AA", "scrypt$3$8$1$AA$AA"])
def test_a_damaged_hash_is_nobodys_password(text: str) -> None:
    assert not matches("", text)


def test_a_hash_says_how_it_was_made() -> None:
    assert hashed(WORD).startswith(f"scrypt${1 << 10}$8$1$")
    assert matches(WORD, hashed(WORD))


def test_who_guesses_waits_longer_each_time() -> None:
    found, now = Throttle(), 100.0
    for _ in range(FREE):
        assert found.wait("mate", now) == 0
        found.failed("mate", now)
    waits = []
    for _ in range(12):
        waits.append(found.wait("mate", now))
        now += waits[-1]
        assert found.wait("mate", now) == 0
        found.failed("mate", now)
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (2.0, LONGEST)
    assert found.wait("cook", now) == 0
    found.succeeded("mate")
    assert found.wait("mate", now) == 0


def test_names_without_number_do_not_fill_the_memory() -> None:
    found = Throttle()
    for number in range(MOST + 50):
        found.failed(f"name-{number}", 0.0)
    assert len(found._failed) == MOST


def test_the_services_token_follows_from_the_secret() -> None:
    assert token("a" * 64) == token("a" * 64) != token("b" * 64)
    assert len(token("a" * 64)) == 64
