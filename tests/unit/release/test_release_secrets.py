"""Generated values."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import bcrypt
import pytest
from slipway.catalog import SecretSpec
from slipway.errors import SlipwayError
from slipway.release.secrets.generate import dockerconfigjson, generate, htpasswd
from slipway.release.secrets.spec import ref_for


def test_generators() -> None:
    keys: dict[str, dict[str, Any]] = {"a": {"random": 32}, "b": {"random_hex": 16}, "c": {"literal": "slipway"}}
    one, two = generate(keys), generate(keys)
    assert re.fullmatch(r"[A-Za-z0-9]{32}", one["a"])
    assert re.fullmatch(r"[0-9a-f]{32}", one["b"])
    assert one["c"] == two["c"] == "slipway"
    assert one["a"] != two["a"]
    assert one["b"] != two["b"]
    with pytest.raises(SlipwayError, match="no generator 'uuid'"):
        generate({"a": {"uuid": 1}})


def test_htpasswd_is_bcrypt_of_the_password() -> None:
    name, _, hashed = htpasswd({"username": "slipway", "password": "p"})["htpasswd"].strip().partition(":")
    assert name == "slipway"
    assert hashed.startswith("$2y$")
    assert bcrypt.checkpw(b"p", hashed.encode())
    assert not bcrypt.checkpw(b"q", hashed.encode())


def test_dockerconfigjson() -> None:
    text = dockerconfigjson({"username": "u", "password": "p"}, "registry:5000")[".dockerconfigjson"]
    auth = json.loads(text)["auths"]["registry:5000"]
    assert base64.b64decode(auth["auth"]) == b"u:p"


def test_the_project_namespace_takes_the_place_of_workbench() -> None:
    assert ref_for(SecretSpec("regcred", "workbench"), "ml").namespace == "ml"
    assert ref_for(SecretSpec("regcred", "registry"), "ml").namespace == "registry"
