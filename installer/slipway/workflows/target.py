"""Which cluster a command goes to: one rule for all of them.

--kubeconfig and --context, else $KUBECONFIG, else a Pod's service account, else ~/.kube/config. An overlay of the
embedded cluster means the one on this machine where neither option is given; never against a $KUBECONFIG.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from slipway import paths
from slipway.catalog.overlay import embedded
from slipway.errors import BadInput, SlipwayError

if TYPE_CHECKING:
    from slipway.kube import Client
    from slipway.kube.kubeconfig import KubeContext
    from slipway.progress import Reporter
    from slipway.workflows.options import Options


def for_embedded(overlay: str) -> bool:
    """Whether an overlay is for the node that Slipway itself makes. Raises BadInput for a wrong overlay.yaml."""
    return embedded(paths.distribution(), overlay)


def cluster_of(options: Options, overlay: str) -> KubeContext:
    """The cluster that a command of an overlay goes to. Raises SlipwayError when there is none, or another is meant."""
    from slipway.kube.kubeconfig import choose

    if explicit(options):
        return choose(options.kubeconfig, options.context)
    if not for_embedded(overlay):
        return choose()
    if not options.own and not _none_but_own():
        chosen = choose()
        if not options.reads:
            refuse_other(chosen, overlay)
        return chosen
    if not paths.KUBECONFIG.is_file():
        raise SlipwayError("there is no cluster on this machine", "kubeconfig", "run: slipway up")
    return choose(paths.KUBECONFIG)


def client_for(options: Options, overlay: str) -> Client:
    """A client of the cluster that a command of an overlay goes to. Raises as ``cluster_of``."""
    from slipway.kube import Client
    from slipway.kube.connection import connect

    return Client(connect(cluster_of(options, overlay)))


def kubeconfig(options: Options, overlay: str) -> Path | None:
    """The file in which the user's certificates are to be looked at, None where it is not one."""
    from slipway.kube.kubeconfig import environment

    if options.kubeconfig is not None:
        return options.kubeconfig
    if files := environment():
        return files[0] if len(files) == 1 else None
    return paths.KUBECONFIG if not options.context and paths.KUBECONFIG.is_file() and for_embedded(overlay) else None


def explicit(options: Options) -> bool:
    """Whether the command line says which cluster."""
    return not options.own and (options.kubeconfig is not None or options.context is not None)


def is_embedded(options: Options, overlay: str) -> bool:
    """Whether the cluster is the one on this machine; one that --kubeconfig names counts as any other."""
    if not for_embedded(overlay):
        return False
    if not explicit(options):
        return True
    if options.kubeconfig is None:
        with suppress(SlipwayError):
            return is_own(cluster_of(options, overlay))
    return False


def is_own(chosen: KubeContext) -> bool:
    """Whether it is the cluster on this machine: of the same authority, or, where none is given, the same server."""
    from slipway.kube.kubeconfig import choose

    authority, server = b"", ""
    with suppress(OSError):
        # Everybody may read it, the administrator's kubeconfig only root.
        authority = (paths.KUBECONFIG.parent / "pki/ca.crt").read_bytes().strip()
    with suppress(SlipwayError):
        own = choose(paths.KUBECONFIG)
        authority, server = own.authority or authority, own.server
    if authority and chosen.authority:
        return authority == chosen.authority
    return bool(server) and server == chosen.server


def refuse_other(chosen: KubeContext, overlay: str) -> None:
    """Raise BadInput when $KUBECONFIG leads to another cluster than this machine's, which the overlay is for."""
    if is_own(chosen):
        return
    raise BadInput(
        f"it leads to {chosen.server} (context {chosen.context}), and the overlay {overlay} is for the cluster on this "
        "machine, which is another; nothing was changed",
        f"KUBECONFIG={os.environ.get('KUBECONFIG', '')}",
        "for that cluster: --overlay NAME (or overlay: in slipway.yaml); for this machine's: unset KUBECONFIG",
    )


def refuse_for_up(options: Options, overlay: str) -> None:
    """Raise BadInput where the command line or $KUBECONFIG names another cluster than this machine's."""
    if explicit(options) or not for_embedded(overlay):
        what = "up makes the cluster on this machine"
        raise BadInput(what, f"overlay {overlay}", "for a cluster that exists: slipway install")
    if (other := of_environment()) is not None:
        refuse_other(other, overlay)


def report_other(options: Options, command: str, reporter: Reporter) -> None:
    """For what is about this machine's cluster alone: another in $KUBECONFIG is said to be left alone.

    Raises BadInput where the command line names a cluster.
    """
    if explicit(options):
        what = f"{command} is about the cluster on this machine and takes no other"
        raise BadInput(what, "--kubeconfig, --context", "leave them out; for a cluster that exists: slipway install")
    other = of_environment()
    if other is not None and not is_own(other):
        text = f"KUBECONFIG leads to {other.server}; {command} is about the cluster on this machine, not that one"
        reporter.say(text, mark="!")


def of_environment() -> KubeContext | None:
    """The cluster that $KUBECONFIG leads to; None where it leads to none."""
    from slipway.kube.kubeconfig import choose, environment

    with suppress(SlipwayError):
        return choose() if any(path.exists() for path in environment()) else None
    return None


def _none_but_own() -> bool:
    """Whether $KUBECONFIG says nothing, or names this machine's own file alone, which may not be there yet."""
    from slipway.kube.kubeconfig import environment

    return set(environment()) <= {paths.KUBECONFIG}
