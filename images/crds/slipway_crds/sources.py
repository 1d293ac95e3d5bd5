"""Which components have Go types to generate from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Source:
    """``unit`` is the image in whose Go module ``package`` is found; ``descriptions`` is the length (in characters) to
    which fields' descriptions are cut, as upstream does it."""

    component: str
    version: str
    unit: str
    package: str
    descriptions: int

    def directory(self, root: Path) -> Path:
        """The component's directory in a tree."""
        return root / "manifests" / self.component / self.version


SOURCES = (
    Source("argo", "3.7.18", "argo", "github.com/argoproj/argo-workflows/v3/pkg/apis/workflow/v1alpha1", 0),
    Source(
        "training-operator",
        "1.9.4",
        "training-operator",
        "github.com/kubeflow/training-operator/pkg/apis/kubeflow.org/v1",
        400,
    ),
)
