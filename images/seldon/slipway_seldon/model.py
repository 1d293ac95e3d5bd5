"""A SeldonDeployment, read: only what this edition acts on, with defaults filled in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from slipway_controller.reader import Obj

#: Implementations that the orchestrator has itself, and the type of each.
BUILTIN = {
    "SIMPLE_MODEL": "MODEL",
    "SIMPLE_ROUTER": "ROUTER",
    "RANDOM_ABTEST": "ROUTER",
    "AVERAGE_COMBINER": "COMBINER",
}
UNKNOWN = "UNKNOWN_IMPLEMENTATION"


@dataclass(frozen=True)
class Unit:
    """A node of the graph. ``component`` is the index of the componentSpec with the container of the same name, None
    for what the orchestrator does itself; ``endpoint`` is REST, GRPC or "", ``host`` and the ports are where it
    answers."""

    name: str
    type: str = ""
    implementation: str = UNKNOWN
    methods: tuple[str, ...] = ()
    parameters: tuple[Obj, ...] = ()
    children: tuple[Unit, ...] = ()
    logger: Obj | None = None
    endpoint: str = ""
    model_uri: str = ""
    account: str = ""
    secret: str = ""
    initializer: str = ""
    component: int | None = None
    host: str = "localhost"
    http_port: int = 0
    grpc_port: int = 0
    metrics_port: int = 0

    def walk(self) -> Iterator[Unit]:
        """This unit and all below it, parents first."""
        yield self
        for child in self.children:
            yield from child.walk()

    @property
    def grpc(self) -> bool:
        """Whether it is called over gRPC alone."""
        return self.endpoint == "GRPC"

    @property
    def builtin(self) -> bool:
        """Whether the orchestrator does it itself."""
        return self.implementation in BUILTIN

    @property
    def server(self) -> bool:
        """Whether its container is a server by name."""
        return self.implementation not in (UNKNOWN, *BUILTIN)


@dataclass(frozen=True)
class Component:
    """A componentSpec: one Deployment. ``replicas`` is None where something else scales it (``hpa``, ``keda``);
    ``grace`` is seconds until a Pod is killed."""

    deployment: str
    pod_spec: Obj
    replicas: int | None
    grace: int
    units: tuple[Unit, ...] = ()
    hpa: Obj | None = None
    keda: Obj | None = None
    pdb: Obj | None = None
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Orchestrator:
    """The service orchestrator of a predictor: in the Pods of the component ``home``, or where that is None, in a
    Deployment of its own. ``reasons`` say what asked for it."""

    reasons: tuple[str, ...]
    home: int | None
    deployment: str
    replicas: int
    env: tuple[Obj, ...] = ()
    resources: Obj | None = None


@dataclass(frozen=True)
class Predictor:
    """One version of the model. ``traffic`` is a percentage; a ``shadow`` gets a copy of it, and answers to nobody.
    ``progress_deadline`` is seconds. ``orchestrator`` None: requests go to the one unit itself."""

    name: str
    graph: Unit
    components: tuple[Component, ...]
    orchestrator: Orchestrator | None
    no_engine: bool
    traffic: int
    shadow: bool
    progress_deadline: int
    service: str
    routing: Routing
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)

    @property
    def deployments(self) -> tuple[str, ...]:
        """The names of its Deployments."""
        own = (self.orchestrator.deployment,) if self.orchestrator and self.orchestrator.home is None else ()
        return (*own, *(c.deployment for c in self.components))


@dataclass(frozen=True)
class Routing:
    """What annotations say of a predictor's Mappings; ``rest`` and ``grpc`` are the gateway's timeouts in ms."""

    rest: int
    grpc: int
    name: str
    retries: int = 0
    gateway_id: str = ""
    header: tuple[str, str | bool] | None = None
    regex_header: tuple[str, str] | None = None
    breakers: dict[str, int] = field(default_factory=dict)
    headless: bool = False


@dataclass(frozen=True)
class Model:
    """``annotations`` are those of spec, and below them those of metadata that are Seldon's."""

    name: str
    namespace: str
    uid: str
    annotations: dict[str, str]
    predictors: tuple[Predictor, ...]
    protocol: str = "seldon"
    transport: str = "rest"

    @property
    def deployments(self) -> tuple[str, ...]:
        """The names of all Deployments; the first is the one that status.replicas counts."""
        return tuple(name for p in self.predictors for name in p.deployments)
