"""Licences by the words of their texts, for packages that carry a text and no name."""

from __future__ import annotations

import re

#: Words that only this licence's text has, in the order in which they are looked for.
_MARKS = (
    ("Apache-2.0", r"Apache License,?\s+Version 2\.0"),
    ("MPL-2.0", r"Mozilla Public License,?\s+(Version |v\. )2\.0"),
    ("LGPL-3.0-only", r"GNU LESSER GENERAL PUBLIC LICENSE\s+Version 3"),
    ("GPL-3.0-only", r"GNU GENERAL PUBLIC LICENSE\s+Version 3"),
    ("GPL-2.0-only", r"GNU GENERAL PUBLIC LICENSE\s+Version 2"),
    ("BSD-3-Clause", r"Redistributions in binary form[\s\S]*(Neither|endorse or promote)"),
    ("BSD-2-Clause", r"Redistributions in binary form"),
    ("ISC", r"Permission to use, copy, modify, and(/or)? distribute this software"),
    ("MIT", r"Permission is hereby granted, free of charge"),
    ("Unlicense", r"This is free and unencumbered software"),
)
#: What may stand beside others in one file.
_BESIDE = (
    *((name, pattern) for name, pattern in _MARKS if name in ("Apache-2.0", "MPL-2.0", "ISC", "MIT")),
    ("Python-2.0", r"PYTHON SOFTWARE FOUNDATION LICENSE VERSION 2"),
    ("CC-BY-SA-3.0", r"Creative Commons Attribution-ShareAlike 3\.0"),
    ("public-domain", r"public domain"),
)
#: A licence of the GNU project, and the words after its name, which say the version.
_GNU = re.compile(
    r"(?:(?P<lesser>Lesser|Library) (?:GNU )?General Public|(?P<free>Free Documentation)|General Public) License"
    r"(?=(?P<rest>.{0,170}))",
    re.IGNORECASE,
)
_VERSION = re.compile(r"\bv(?:ersion)?[ .]*(\d)(?:\.(\d))?", re.IGNORECASE)
_LATER = re.compile(r"any later|or later|or newer", re.IGNORECASE)
_BINARY = re.compile(r"Redistributions? in binary form(?P<rest>.{0,900})", re.IGNORECASE)
#: Where no version is said, any will do: the licences' own words.
_FIRST = {"GPL": "1.0", "LGPL": "2.0", "GFDL": "1.1"}


def recognise(text: str) -> str:
    """The SPDX id of a file that is one licence's text, or ""."""
    return next((name for name, pattern in _MARKS if re.search(pattern, text, re.IGNORECASE)), "")


def mentioned(text: str) -> tuple[str, ...]:
    """The SPDX ids of all licences that a free text (a Debian copyright file) grants; sorted."""
    # In a comment of C's the words have stars between them.
    flat = " ".join(re.sub(r"^[\s*#;/]+", "", text, flags=re.MULTILINE).split())
    licences = {name for name, pattern in _BESIDE if re.search(pattern, flat, re.IGNORECASE)}
    licences |= {_gnu(match) for match in _GNU.finditer(flat)} - {""}
    for match in _BINARY.finditer(flat):
        three = re.search(r"Neither the name|endorse or promote", match["rest"], re.IGNORECASE)
        licences.add("BSD-3-Clause" if three else "BSD-2-Clause")
    known = {name.partition("-")[0] for name in licences if not _any(name)}
    # "The full text of the GPL is in …" says nothing that the words before it have not said.
    licences = {name for name in licences if not (_any(name) and name.partition("-")[0] in known)}
    if "GCC Runtime Library Exception" in flat:
        licences = {f"{name} WITH GCC-exception-3.1" if name == "GPL-3.0-or-later" else name for name in licences}
    return tuple(sorted(licences))


def _gnu(match: re.Match[str]) -> str:
    family = "LGPL" if match["lesser"] else "GFDL" if match["free"] else "GPL"
    # The next licence's words are not this one's.
    rest = re.split(r"Public License|Documentation License", match["rest"])[0]
    version = _VERSION.search(rest)
    if not version:
        # Without a version it may be talk about the licence, but not where the text is said to be.
        return f"{family}-{_FIRST[family]}-or-later" if "common-licenses" in rest else ""
    return f"{family}-{version[1]}.{version[2] or 0}-{'or-later' if _LATER.search(rest) else 'only'}"


def _any(name: str) -> bool:
    return any(name == f"{family}-{first}-or-later" for family, first in _FIRST.items())
