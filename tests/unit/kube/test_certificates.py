"""Certificates that the installation makes, and what is wrong with those that it is given: openssl's opinion counts."""

from __future__ import annotations

import datetime
import subprocess
from pathlib import Path

import pytest
from certificate import self_signed
from slipway import certificates

NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)
AUTHORITY = certificates.authority("slipway test", NOW)
NAMES = ["*.example.org", "example.org", "192.0.2.1", "2001:db8::1"]


def openssl(*words: str | Path) -> str:
    return subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True, check=True).stdout


def test_openssl_takes_it_for_a_server_of_these_names(tmp_path: Path) -> None:
    made = certificates.issue(AUTHORITY, NAMES, NOW)
    for key, text in made.items():
        (tmp_path / key).write_text(text)
    for option, name in (("-verify_hostname", "a.example.org"), ("-verify_ip", "2001:db8::1")):
        words: list[str | Path] = [
            "-x509_strict",
            "-purpose",
            "sslserver",
            option,
            name,
            "-CAfile",
            tmp_path / "ca.crt",
        ]
        assert "OK" in openssl("verify", *words, tmp_path / "tls.crt")
    assert certificates.names_of(made["tls.crt"]) == set(NAMES)
    assert certificates.fault(made, NOW) == ""


def test_two_installations_have_nothing_in_common() -> None:
    other = certificates.authority("slipway test", NOW)
    made = certificates.issue(other, NAMES, NOW)
    assert other["tls.key"] != AUTHORITY["tls.key"]
    assert certificates.why_anew(made, AUTHORITY, NAMES, NOW) == "it is of another authority"
    assert certificates.why_anew(made, other, NAMES, NOW) == ""


def test_it_is_made_anew_before_it_ends_and_for_more_names() -> None:
    made = certificates.issue(AUTHORITY, NAMES, NOW)
    late = NOW + certificates.LASTS - certificates.RENEW
    assert certificates.why_anew(made, AUTHORITY, NAMES, late - DAY) == ""
    assert "it ends on" in certificates.why_anew(made, AUTHORITY, NAMES, late + DAY)
    assert certificates.why_anew(made, AUTHORITY, [*NAMES, "b.example.net"], NOW) == "it is not for b.example.net"
    assert certificates.why_anew(made, AUTHORITY, ["EXAMPLE.org", "2001:DB8:0::1"], NOW) == ""


def test_an_authority_outlives_what_it_signs() -> None:
    last = NOW + certificates.AUTHORITY_LASTS - certificates.LASTS
    assert not certificates.ends_within(AUTHORITY["tls.crt"], certificates.LASTS, last - DAY)
    assert certificates.ends_within(AUTHORITY["tls.crt"], certificates.LASTS, last + DAY)
    assert certificates.ends_within("", certificates.LASTS, NOW)


def test_what_no_server_can_use(tmp_path: Path) -> None:
    crt, key = self_signed(tmp_path, -1)
    assert "ended on" in certificates.fault({"tls.crt": crt.read_text(), "tls.key": key.read_text()}, NOW)
    one, other = (certificates.issue(AUTHORITY, NAMES, NOW) for _ in range(2))
    assert certificates.fault({**one, "tls.key": other["tls.key"]}, NOW) == "tls.key is not the key of tls.crt"
    assert "begins on" in certificates.fault(one, NOW - 2 * DAY)


@pytest.mark.parametrize("broken", [{}, {"tls.crt": ""}, {"tls.key": "x"}, {"tls.crt": AUTHORITY["tls.key"]}])
def test_what_is_no_certificate(broken: dict[str, str]) -> None:
    made = certificates.issue(AUTHORITY, NAMES, NOW) if broken else {}
    assert "in PEM" in certificates.fault({**made, **broken}, NOW)
