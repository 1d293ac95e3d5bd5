"""Whether the release in a cluster is the one that a command is about."""

from __future__ import annotations

from collections.abc import Callable

from slipway.errors import BadInput
from slipway.kube import Client
from slipway.progress import Reporter
from slipway.release.state import inventory
from slipway.release.state.inventory import Release
from slipway.release.state.namespace import NAMESPACE

_FORGET = f"""kubectl -n {NAMESPACE} patch configmap release --type merge -p '{{"data":{{"cluster":""}}}}'"""


NOTHING = "nothing is installed yet"


def describe(release: Release) -> str:
    """``release 3 of overlay onprem``."""
    if release.damage:
        return f"release {release.revision or '?'} of overlay {release.overlay or '?'} (its record is damaged)"
    return f"release {release.revision} of overlay {release.overlay}" if release.revision else NOTHING


def announce(client: Client, release: Release, reporter: Reporter) -> None:
    """One line: which cluster is written to."""
    text = f"writes to: context {client.context}, server {client.server}, {_state(client, release)}"
    fields = {"context": client.context, "server": client.server, "release": release.revision}
    reporter.say(text, mark="→", **fields, overlay=release.overlay)


def _state(client: Client, release: Release) -> str:
    text = describe(release)
    # Components may be on record although that of the release has gone.
    records = inventory.load_records(client) if text == NOTHING else {}
    return f"a release whose record is gone, with {', '.join(sorted(records))}; {inventory.REPAIR}" if records else text


def mismatch(
    client: Client, release: Release, overlay: str, project: str, same_node: Callable[[str], bool]
) -> BadInput | None:
    """Why a command of this overlay and project is not about the release, or None.

    ``same_node``: whether an overlay is for the one node of this machine; two that are may follow each other. What
    earlier versions did not write down is taken as it is.
    """
    if not release.revision and not release.damage:
        return None
    uid = inventory.cluster_uid(client) if release.cluster else ""
    if release.cluster and uid and release.cluster != uid:
        return BadInput(
            f"the release was made in another cluster (kube-system has the UID {uid} here, {release.cluster} there): "
            "its records were copied or restored from a backup; nothing was changed",
            client.server,
            f"use the kubeconfig of that cluster; or, where what runs here is to be this release: {_FORGET}",
        )
    if release.overlay not in ("", overlay) and not (same_node(release.overlay) and same_node(overlay)):
        return BadInput(
            f"what is installed is of the overlay '{release.overlay}', not '{overlay}'; nothing was changed",
            client.server,
            f"--overlay {release.overlay}; to change over: slipway uninstall --overlay {release.overlay}, then install",
        )
    if release.project not in ("", project):
        return BadInput(
            f"what is installed is for the project '{release.project}', not '{project}'; nothing was changed",
            client.server,
            f"--set project.namespace={release.project}, or in slipway.yaml; to change over: uninstall with it, then "
            "install",
        )
    return None


def require_match(
    client: Client, reporter: Reporter, overlay: str, project: str, same_node: Callable[[str], bool]
) -> Release:
    """Say which cluster is written to and give the release in it. Raises BadInput when another one is meant."""
    release = inventory.load_release(client)
    announce(client, release, reporter)
    if (error := mismatch(client, release, overlay, project, same_node)) is not None:
        raise error
    return release
