"""``make outdated``: what it reads, without a registry."""

from __future__ import annotations

import json

import outdated
import pytest

GO_MOD = """module slipway.dev/x

tool helm.sh/helm/v3/cmd/helm

require k8s.io/kubernetes v1.34.4

require (
\tgithub.com/a/b v1.0.0 // indirect
\thelm.sh/helm/v3 v3.19.5 // indirect
\tsigs.k8s.io/kustomize/api v0.20.1 // indirect
\tsigs.k8s.io/kustomize/kustomize/v5 v5.8.0 // indirect
)
"""


def test_a_lock_beside_what_could_be_had() -> None:
    old = outdated.pins("a==1 \\\n    --hash=sha256:00\n    # via b\nb-c==2.0\ngone==1\n")
    assert old == {"a": "1", "b-c": "2.0", "gone": "1"}
    assert outdated.behind("x", old, {"a": "1", "b-c": "3", "new": "1"}) == [("x", "b-c", "2.0", "3")]
    assert outdated.names("# remark\nkubernetes>=34,<35\n-r other.in\nx[y]\n") == ["kubernetes", "x[y]"]


def test_modules_that_a_program_is_made_of() -> None:
    found = outdated.roots(GO_MOD, [".", "sigs.k8s.io/kustomize/kustomize/v5"])
    assert found == ["helm.sh/helm/v3", "k8s.io/kubernetes", "sigs.k8s.io/kustomize/kustomize/v5"]


def test_what_could_not_be_looked_up_is_not_taken_for_sound() -> None:
    fault = {"id": "PYSEC-1", "fix_versions": ["2.11"]}
    text = json.dumps(
        {
            "dependencies": [
                {"name": "jinja2", "version": "2.10", "vulns": [fault]},
                {"name": "uv", "skip_reason": "Dependency not found"},
                {"name": "six", "version": "1.17", "vulns": []},
            ]
        }
    )
    assert outdated.audited(text) == ([("vulnerable: PYSEC-1", "jinja2", "2.10", "2.11")], 1)
    with pytest.raises(ValueError):
        outdated.audited("")


def test_every_lock_and_every_go_program_is_looked_at() -> None:
    found = {path.relative_to(outdated.ROOT).as_posix() for path in outdated.python_locks()}
    assert {"requirements/slipway.in", "requirements/dev.in", "images/hub/requirements.in"} <= found
    assert all(path.with_suffix(".txt").is_file() for path in outdated.python_locks())
