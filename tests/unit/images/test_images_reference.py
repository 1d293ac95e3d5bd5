"""Image references: the grammar, completion, and names in a mirror."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slipway.errors import BadInput
from slipway.images.naming import check_registry, is_in, mirrored
from slipway.images.reference import FULL, Reference, evident, parse

DIGEST = "sha256:" + "a1" * 32


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mysql:8.0.29", Reference("docker.io", "library/mysql", "8.0.29")),
        ("busybox", Reference("docker.io", "library/busybox")),
        ("seldonio/sklearnserver:1.17.1", Reference("docker.io", "seldonio/sklearnserver", "1.17.1")),
        ("index.docker.io/library/mysql:8", Reference("docker.io", "library/mysql", "8")),
        ("ghcr.io/kubeflow/katib/katib-ui:v0.19.0", Reference("ghcr.io", "kubeflow/katib/katib-ui", "v0.19.0")),
        ("localhost/a", Reference("localhost", "a")),
        ("node1:5000/a/b:c", Reference("node1:5000", "a/b", "c")),
        ("10.0.0.7:30500/model:1", Reference("10.0.0.7:30500", "model", "1")),
        (f"quay.io/a/b@{DIGEST}", Reference("quay.io", "a/b", "", DIGEST)),
        (f"quay.io/a/b:v1@{DIGEST}", Reference("quay.io", "a/b", "v1", DIGEST)),
        ("Quay.IO/a/b:v1", Reference("quay.io", "a/b", "v1")),
    ],
)
def test_references_are_completed(text: str, expected: Reference) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "IfNotPresent", "Always", "https://quay.io/a:b", "quay.io/A/b:c", "a:b:c", "quay.io/a:", "{{.Image}}",
     "${trialParameters.image}", "a b", "quay.io/a@sha256:1234", "/etc/x", "a//b:c", "-x", "quay.io/a:b\n",
     "a/" * 130 + "b:c"],
)  # fmt: skip
def test_what_is_no_reference(text: str) -> None:
    assert parse(text) is None


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("mysql:8", True),
        ("quay.io/a/b", True),
        ("localhost:5000/x", True),
        ("a/b", False),
        ("auto", False),
        ("", False),
    ],
)
def test_a_reference_that_says_so_itself(text: str, is_one: bool) -> None:
    assert evident(text) is is_one


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("run quay.io/a/b:v1, then stop", ["quay.io/a/b:v1"]),
        ("Uses ghcr.io/a/b:v1.", ["ghcr.io/a/b:v1"]),
        (f"x='quay.io/a/b@{DIGEST}'", [f"quay.io/a/b@{DIGEST}"]),
        (f'"quay.io/a/b:v1@{DIGEST}"', [f"quay.io/a/b:v1@{DIGEST}"]),
        ("see https://example.com/a/b:v1", []),
        ("docker://quay.io/a/b:v1", []),
        ("quay.io/a/b", []),
        ("http://katib-ui.kubeflow:80/katib/", []),
        ("pvc://claim/model:1", []),
        ("apiVersion: kubeflow.org/v1\nkind: TFJob", []),
        ("10.244.0.0/16", []),
        ("registry:5000/v2/a/manifests/latest", []),
        ("user@quay.io/a/b:v1", []),
        ("/quay.io/a/b:v1", []),
        ("mysql:8 and a/b:c", []),
    ],
)
def test_full_references_in_text(text: str, expected: list[str]) -> None:
    assert FULL.findall(text) == expected


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("quay.io/a/b:v1", "mirror.example.com/ml/quay.io/a/b:v1"),
        ("mysql:8", "mirror.example.com/ml/docker.io/library/mysql:8"),
        ("mysql", "mirror.example.com/ml/docker.io/library/mysql:latest"),
        ("node1:5000/a:b", "mirror.example.com/ml/node1_5000/a:b"),
        (f"quay.io/a/b:v1@{DIGEST}", f"mirror.example.com/ml/quay.io/a/b:v1@{DIGEST}"),
        (f"quay.io/a/b@{DIGEST}", f"mirror.example.com/ml/quay.io/a/b@{DIGEST}"),
    ],
)
def test_names_in_a_mirror(text: str, where: str) -> None:
    reference = parse(text)
    assert reference is not None
    found = mirrored(reference, "mirror.example.com/ml")
    assert str(found) == where
    assert is_in(found, "mirror.example.com/ml")
    assert not is_in(found, "mirror.example.com/m")


hosts = st.from_regex(r"[a-z0-9]{1,5}(\.[a-z]{2,3}){1,2}(:[0-9]{1,5})?|[a-z]{1,4}:[0-9]{1,5}|localhost", fullmatch=True)
paths = st.from_regex(r"[a-z0-9]{1,4}([._/-][a-z0-9]{1,4}){0,3}|[a-z]{1,3}_[0-9]{1,5}/[a-z]", fullmatch=True)
tags = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,5}", fullmatch=True)
references = st.builds(Reference, hosts, paths, tags)


@given(references)
def test_what_is_written_is_what_was_read(reference: Reference) -> None:
    assert parse(str(reference)) == reference


@given(references, references)
def test_two_images_never_meet_in_a_mirror(one: Reference, other: Reference) -> None:
    assert (mirrored(one, "m.example.com") == mirrored(other, "m.example.com")) == (one == other)


@pytest.mark.parametrize(
    "text", ["mirror", "https://mirror.example.com", "Mirror.example.com", "a.b/c:d", "", "a.b//c"]
)
def test_what_is_no_registry_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="is not a registry"):
        check_registry(text, "--to")


@pytest.mark.parametrize("text", ["mirror.example.com", "10.0.0.1:5000", "localhost:5000", "a.b/c/d-e", "a.b/c/"])
def test_registries(text: str) -> None:
    assert check_registry(text, "--to") == text.rstrip("/")


@pytest.mark.parametrize(
    ("text", "internal"),
    [
        ("registry.registry.svc.cluster.local:5000/model:1", True),
        ("registry.registry.svc:5000/model:1", True),
        ("slipway.local/base:0.1.0", False),
        ("quay.io/svc/x:1", False),
    ],
)
def test_services_of_the_cluster_are_no_outside_registries(text: str, internal: bool) -> None:
    reference = parse(text)
    assert reference is not None
    assert reference.internal is internal
