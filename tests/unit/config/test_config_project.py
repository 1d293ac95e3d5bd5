"""Which namespaces cannot be the project's."""

from __future__ import annotations

import pytest
from slipway.config.load import parse_text
from slipway.config.project import against
from slipway.documents.document import parse
from slipway.errors import BadInput


@pytest.mark.parametrize("name", ["kube-system", "kube-anything", "default", "slipway-system"])
def test_namespaces_of_others_are_refused_with_their_line(name: str) -> None:
    with pytest.raises(BadInput) as refused:
        parse_text(f"overlay: ci\nproject:\n  namespace: {name}\n")
    assert "slipway.yaml:3" in refused.value.details[0]
    assert name in refused.value.details[0]


def test_one_of_its_own_is_good() -> None:
    assert parse_text("project: {namespace: lab}").project == "lab"


def test_a_components_namespace_is_refused() -> None:
    taken = {"argo": "argo-workflows", "workbench": "hub"}
    document = parse("project:\n  namespace: argo\n", "slipway.yaml")
    assert [str(problem) for problem in against(document, taken)] == [
        "slipway.yaml:2: project.namespace: 'argo' is the namespace of the component argo-workflows; "
        "choose a namespace for the project alone"
    ]
    assert not list(against(parse("project:\n  namespace: workbench\n", "slipway.yaml"), taken))
