"""When certificates end, read from their DER (RFC 5280, 4.1: Certificate, TBSCertificate, Validity)."""

from __future__ import annotations

import base64
import datetime
import re

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)
_SEQUENCE, _VERSION, _UTC_TIME = 0x30, 0xA0, 0x17


def from_pem(text: str) -> list[bytes]:
    """Every certificate of a PEM file, as DER. Raises ValueError for broken base64."""
    return [base64.b64decode("".join(block.split()), validate=True) for block in _PEM.findall(text)]


def end(der: bytes) -> datetime.datetime:
    """The certificate's notAfter. Raises ValueError for what is no certificate."""
    try:
        _, certificate, _ = _value(der)
        _, body, _ = _value(certificate)
        tag, _, rest = _value(body)
        if tag == _VERSION:
            _, _, rest = _value(rest)
        for _ in ("signature", "issuer"):
            _, _, rest = _value(rest)
        tag, validity, _ = _value(rest)
        if tag != _SEQUENCE:
            raise ValueError("no validity")
        _, _, rest = _value(validity)
        tag, text, _ = _value(rest)
    except IndexError as error:
        raise ValueError("cut short") from error
    return _time(tag, text.decode("ascii"))


def _value(data: bytes) -> tuple[int, bytes, bytes]:
    """(tag, content, what follows) of the first element."""
    tag, length, start = data[0], data[1], 2
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(data[2:start], "big")
    if len(data) < start + length:
        raise ValueError("cut short")
    return tag, data[start : start + length], data[start + length :]


def _time(tag: int, text: str) -> datetime.datetime:
    if tag == _UTC_TIME:
        # Two digits of the year: 50 and more are of the last century.
        text = ("19" if text[:2] >= "50" else "20") + text
    return datetime.datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=datetime.UTC)
