"""What ``slipway export`` writes: an installation as a repository for other tools."""

from __future__ import annotations

from slipway import __version__
from slipway.catalog.graph import order
from slipway.export.model import Repository
from slipway.export.model import repository as make
from slipway.render import Facts, render
from slipway.render.images import unchanged
from slipway.trust.machine import texts
from slipway.workflows.platform import Platform


def repository(platform: Platform) -> Repository:
    """The installation that the configuration describes, with the images' names in registries."""
    catalog, config = platform.catalog, platform.config
    # What one machine's clients are set up by is not part of a repository; what is configured is.
    trust = texts(config.trust, embedded=False)
    facts = Facts(config.project, lambda: platform.node_ip, config.shared, platform.gateway_door, trust)
    rendered = render(catalog, config.settings(), facts, unchanged, platform.image_placement)
    timeouts = {name: config.timeout(name, item.timeout) for name, item in catalog.components.items()}
    return make(
        rendered,
        catalog.waves(),
        order(catalog.components),
        timeouts,
        overlay=catalog.overlay,
        project=config.project,
        version=__version__,
    )
