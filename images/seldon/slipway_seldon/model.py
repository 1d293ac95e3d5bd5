"""A SeldonDeployment, read: only what this edition acts on, with defaults filled in."""

from __future__ import annotations

from dataclasses import dataclass, field

from slipway_controller.reader import Obj


@dataclass(frozen=True)
class Unit:
    """The graph's MODEL: the container of the same name, and its ports."""

    name: str
    parameters: tuple[Obj, ...]
    http_port: int
    grpc_port: int
    metrics_port: int


@dataclass(frozen=True)
class Predictor:
    """One version of the model. ``traffic`` is a percentage; a ``shadow`` gets a copy of it, and answers to nobody.
    ``progress_deadline`` and ``grace`` (until a Pod is killed) are seconds."""

    name: str
    unit: Unit
    pod_spec: Obj
    replicas: int
    traffic: int
    shadow: bool
    progress_deadline: int
    grace: int
    service: str
    deployment: str
    container_service: str
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    pod_labels: dict[str, str] = field(default_factory=dict)
    pod_annotations: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Model:
    """``timeout_ms`` is how long the gateway waits; ``no_engine`` puts the unit's own ports on the Services."""

    name: str
    namespace: str
    uid: str
    annotations: dict[str, str]
    predictors: tuple[Predictor, ...]
    timeout_ms: int
    no_engine: bool


@dataclass(frozen=True)
class Options:
    """The operator's settings: the namespace whose models are also reachable as /seldon/<name>/ ("" for none); whether
    the gateway writes in a Mapping's status that it serves it (Slipway's does, Emissary's only when told to)."""

    short_path_namespace: str = ""
    gateway_reports: bool = False
