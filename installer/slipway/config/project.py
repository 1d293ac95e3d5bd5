"""Which namespaces cannot be the project's: those of Kubernetes, of Slipway, and of the components."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from slipway.documents.document import Document, Problem, dotted

KEY = ("project", "namespace")
#: What component.yaml files call the project namespace, whatever its name is.
PLACEHOLDER = "workbench"


def check(document: Document) -> Iterator[Problem]:
    """Faults of a document's project namespace that can be known without the catalog."""
    name = _name(document)
    if name.startswith("kube-"):
        yield _fault(document, f"'{name}' is Kubernetes' own")
    elif name == "default":
        yield _fault(document, "'default' is everybody's, and cannot be deleted")
    elif name == "slipway-system":
        yield _fault(document, f"'{name}' holds what Slipway remembers")


def against(document: Document, taken: Mapping[str, str]) -> Iterator[Problem]:
    """Faults against the components' own namespaces, ``taken``: namespace → component."""
    name = _name(document)
    if name in taken and name != PLACEHOLDER:
        yield _fault(document, f"'{name}' is the namespace of the component {taken[name]}")


def _name(document: Document) -> str:
    section = document.value.get(KEY[0]) if isinstance(document.value, dict) else None
    name = section.get(KEY[1]) if isinstance(section, dict) else None
    return name if isinstance(name, str) else ""


def _fault(document: Document, text: str) -> Problem:
    return Problem(document.where(KEY), dotted(KEY), f"{text}; choose a namespace for the project alone")
