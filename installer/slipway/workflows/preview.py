"""What an installation would change, and why it would be refused; nothing is changed."""

from __future__ import annotations

from dataclasses import dataclass

from slipway.release.diff import Change
from slipway.release.ownership import foreign
from slipway.release.planning.compare import compare
from slipway.release.planning.upgrade import examine
from slipway.release.secrets import user_certificate
from slipway.release.state import target
from slipway.release.state.inventory import damages, load_records, load_release
from slipway.workflows.installation import others
from slipway.workflows.options import Overrides
from slipway.workflows.platform import Platform
from slipway.workflows.target import for_embedded


@dataclass(frozen=True)
class Preview:
    """``objects``: how many would be installed. ``reasons``: what the installation would be refused for;
    ``adopted``: objects of others that it would take over; ``unwanted``: installed components that nobody wants.
    """

    changes: list[Change]
    objects: int
    reasons: list[str]
    warnings: list[str]
    adopted: list[str]
    unwanted: list[str]

    @property
    def refused(self) -> bool:
        """Whether an installation would fail before it changes anything."""
        return bool(self.reasons) or any(change.action == "invalid" for change in self.changes)

    @property
    def idle(self) -> bool:
        """Whether there is nothing to change."""
        return all(change.action == "keep" for change in self.changes)


def preview(platform: Platform, overrides: Overrides) -> Preview:
    """Compare with the cluster by server-side dry run. Raises SlipwayError."""
    client, project = platform.client, platform.config.project
    rendered, records = platform.rendered(), load_records(client)
    foreign.check(rendered.values(), adopt=overrides.adopt, replace=overrides.replace)
    there = foreign.look(client, project, list(rendered.values()), records)
    refused = foreign.sentences(there.refused(overrides.adopt))
    changes = compare(client, rendered, project, overrides.replace)
    against = examine(client, rendered.values(), records)
    release = load_release(client)
    other = target.mismatch(client, release, platform.catalog.overlay, project, for_embedded)
    reasons = [*against.reasons, *([f"{other.what}: {other.remedy}"] if other else [])]
    reasons += [f"{text}; to take it over: --adopt" for text in refused]
    reasons += user_certificate.faults(client, rendered.values(), project)
    return Preview(
        changes,
        sum(len(item.objects) for item in rendered.values()),
        reasons,
        [*against.warnings, *damages(records, release)],
        list(foreign.sentences(there.adopted(overrides.adopt))),
        others(platform, records),
    )
