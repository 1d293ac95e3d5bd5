"""What most commands start with: configuration, catalog, cluster, rendered components."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from slipway import paths
from slipway.catalog import Catalog, load_catalog
from slipway.catalog.load import directories
from slipway.config.load import check_components, load, located
from slipway.config.model import Config
from slipway.documents.document import Document
from slipway.errors import BadInput
from slipway.images import lock
from slipway.images.placement import Placement, placement
from slipway.progress import Reporter
from slipway.render import Facts, Rendered, render
from slipway.render.classes import makers
from slipway.render.images import Resolver, unchanged
from slipway.render.ports import gateway_door, node_values
from slipway.trust.machine import texts
from slipway.workflows.options import Options, Overrides
from slipway.workflows.target import client_for, for_embedded, is_embedded

if TYPE_CHECKING:
    from pathlib import Path

    from slipway.config.origins import Entry
    from slipway.kube import Client
    from slipway.node import NodeConfig
    from slipway.release.planning.plan import Plan
    from slipway.release.state.inventory import Release


@dataclass
class Platform:
    """The configuration and everything that follows from it, each found out when it is first needed."""

    config: Config
    catalog: Catalog
    options: Options
    reporter: Reporter = field(default_factory=Reporter)
    layers: Sequence[Document] = ()
    action: Literal["install", "upgrade"] = "install"

    @property
    def embedded(self) -> bool:
        """Whether the cluster is the one on this machine."""
        return is_embedded(self.options, self.catalog.overlay)

    @property
    def brings_images(self) -> bool:
        """Whether components' images are put into the node's containerd; else nodes pull them."""
        return self.embedded and not self.config.registry

    @property
    def built_images(self) -> list[str]:
        """The images of Slipway's that are brought to the node: the components' in their order, then the extra ones."""
        components = (self.catalog.components[name] for wave in self.catalog.waves() for name in wave)
        names = [*(image for one in components for image in one.images), *self.config.extra_images]
        return list(dict.fromkeys(names))

    @functools.cached_property
    def client(self) -> Client:
        """The cluster. Raises SlipwayError when there is no usable kubeconfig."""
        client = client_for(self.options, self.catalog.overlay)
        client.outgoing = self.image_placement
        return client

    @functools.cached_property
    def _aimed(self) -> Release:
        from slipway.release.state.target import require_match

        return require_match(self.client, self.reporter, self.catalog.overlay, self.config.project, for_embedded)

    def aim(self) -> None:
        """Say, once, which cluster is written to. Raises BadInput when the release in it is not what is meant."""
        _ = self._aimed

    @property
    def node_config(self) -> NodeConfig:
        """The embedded node's configuration."""
        from slipway.node import NodeConfig

        return NodeConfig(**node_values(self.catalog.root, self.config))

    @functools.cached_property
    def node_ip(self) -> str:
        """An address of a node: of this machine when embedded, else of the first node."""
        if self.embedded:
            from slipway.node.address import node_address

            return node_address(self.node_config)
        return first_node_ip(self.client)

    @property
    def gateway_door(self) -> tuple[str, int]:
        """How the gateway is spoken to at its port of every node (http, https), and that port, where there is one."""
        return gateway_door(self.catalog.root, self.config)

    @property
    def stated_gateway(self) -> str:
        """The gateway's URL as far as it is known before it is installed: configured, or the embedded node's; or ""."""
        return stated_gateway(self.config, self.node_ip if self.embedded else "")

    @property
    def gateway(self) -> str:
        """The gateway's URL: as stated, else what its Service in the cluster says."""
        from slipway.kube.gateway_address import gateway_url

        scheme, port = self.gateway_door
        return self.stated_gateway or gateway_url(self.client) or f"{scheme}://{self.node_ip}:{port}"

    @functools.cached_property
    def image_placement(self) -> Placement:
        """Where images come from: the lock's digests, the configured mirror. Raises BadInput for a wrong lock."""
        return placement(self.config.registry, lock.load(self.catalog.root))

    def rendered(self) -> dict[str, Rendered]:
        """All components as they would be applied."""
        trust = texts(self.config.trust, embedded=self.embedded)
        facts = Facts(self.config.project, lambda: self.node_ip, self.config.shared, self.gateway_door, trust)
        return render(self.catalog, self.config.settings(), facts, resolver(self.catalog), self.image_placement)

    def entries(self) -> list[Entry]:
        """Every key of the configuration with the value in force and where it comes from."""
        from slipway.config.origins import entries
        from slipway.documents.validate import load_schema
        from slipway.render.render import overlay_values, settings_file

        root, overlay = self.catalog.root, self.catalog.overlay
        own = {}
        for name, component in self.catalog.components.items():
            directory = root / "overlays" / overlay / name
            values = overlay_values(root, directory, component)
            known = {key: value for key, value in values.items() if component.setting(key)}
            if "project_namespace" in known:  # the configuration decides
                known["project_namespace"] = self.config.project
            own[name] = (settings_file(root, directory), known)
        return entries(load_schema("slipway.config"), self.layers, self.catalog.components, own)

    def plan(
        self,
        rendered: Mapping[str, Rendered],
        *,
        reapply: bool = False,
        probe_all: bool = False,
        overrides: Overrides | None = None,
    ) -> Plan:
        """The installation of these components."""
        from slipway.config.layers import combine
        from slipway.release.planning.plan import Plan
        from slipway.release.state.revisions import Origin

        components = self.catalog.components
        return Plan(
            overlay=self.catalog.overlay,
            project=self.config.project,
            rendered=rendered,
            timeouts={name: self.config.timeout(name, components[name].timeout) for name in rendered},
            reapply=reapply,
            probe_all=probe_all,
            adopt=overrides.adopt if overrides else (),
            replace=overrides.replace if overrides else (),
            whole=True,
            origin=Origin(self.action, config=combine(self.layers)),
        )


def load_platform(options: Options, only: Iterable[str] = (), *, follow: bool = True) -> Platform:
    """Read configuration and catalog. ``only``: these components and (``follow``) what they require.

    Raises BadInput.
    """
    root, only = paths.distribution(), tuple(only)
    config, layers = load(root, options.config, options.sets, overlay=options.overlay)
    _use_sources(config)
    _refuse_extra_images(root, config, layers)
    try:
        catalog = load_catalog(root, config.overlay, only or None, follow=follow, choices=config.choices())
        if only and follow:
            # A claim whose class nobody makes would wait for ever.
            every = load_catalog(root, config.overlay, choices=config.choices()).components
            more = makers(root, config, catalog, every)
            if more:
                catalog = load_catalog(root, config.overlay, [*only, *more], choices=config.choices())
    except BadInput as error:
        raise located(error, layers) from error
    check_components(layers, catalog, directories(root, config.overlay))
    disabled = set(config.disabled())
    wanted = catalog if only else catalog.without(disabled)
    for name, component in wanted.components.items():
        lacking = disabled & {name, *component.requires}
        if lacking:
            what, key = f"'{name}' needs '{min(lacking)}', which is disabled", f"components.{min(lacking)}.enabled"
            raise located(BadInput(what, key, "enable it, or disable both"), layers)
    return Platform(config, wanted, options, layers=layers)


def aimed(options: Options, component: str) -> Platform:
    """The platform for a command that writes to one component's cluster, which is named. Raises BadInput."""
    platform = load_platform(options, [component], follow=False)
    platform.aim()
    return platform


def stated_gateway(config: Config, embedded_ip: str) -> str:
    """The gateway's URL as configured, else that of the embedded node (its address, "" for other clusters), else ""."""
    configured = str(config.smoke.get("gateway", "")).rstrip("/")
    scheme, port = gateway_door(paths.distribution(), config)
    return configured or (f"{scheme}://{embedded_ip}:{port}" if embedded_ip else "")


def connect(options: Options) -> Client:
    """The cluster, for commands that need no catalog. Raises BadInput for a wrong configuration."""
    return connected(options)[0]


def connected(options: Options) -> tuple[Client, Config]:
    """The cluster and the configuration, for commands that need no catalog. Raises BadInput for a wrong one."""
    config = configured(options)
    return client_for(options, config.overlay), config


def configured(options: Options) -> Config:
    """The configuration, for commands that need no catalog; artifacts come from where it says. Raises BadInput."""
    config, _ = load(paths.distribution(), options.config, options.sets, overlay=options.overlay)
    _use_sources(config)
    return config


def places(platform: Platform) -> dict[str, tuple[str, str]]:
    """Component → (URL, how to log in), for those that people open."""
    gateway = platform.gateway
    return {
        # However the gateway is spoken to.
        name: (c.open_url.replace("http://{gateway}", gateway).replace("{node}", platform.node_ip), c.open_login)
        for name, c in platform.catalog.components.items()
        if c.open_url
    }


def first_node_ip(client: Client) -> str:
    """The InternalIP of the first node that has one, or ""."""
    from slipway.kube.gateway_address import first_address

    return first_address(client.objects("v1", "Node"))


def resolver(catalog: Catalog) -> Resolver:
    """Digest references of the images that are built; the manifests' own names for the others."""
    if not for_embedded(catalog.overlay):
        return unchanged
    from slipway import artifacts
    from slipway.artifacts import store

    known = artifacts.catalogue(catalog.root)

    @functools.cache
    def resolve(image: str) -> str:
        artifact = store.find(known.image(image)) if image in known.images else None
        return artifacts.reference(artifact) if artifact else unchanged(image)

    return resolve


def _refuse_extra_images(root: Path, config: Config, layers: Sequence[Document]) -> None:
    """Raises BadInput for a name in images.extra that no image has."""
    if config.extra_images:
        from slipway import artifacts

        known = artifacts.catalogue(root).images
        for name in config.extra_images:
            if name not in known:
                remedy = f"one of: {', '.join(sorted(known))}"
                raise located(BadInput(f"there is no image {name!r}", "images.extra", remedy), layers)


def _use_sources(config: Config) -> None:
    """Take artifacts from where the configuration says. Raises BadInput."""
    if config.artifacts:
        from slipway.artifacts import sources

        sources.use(sources.from_config(config.artifacts))
