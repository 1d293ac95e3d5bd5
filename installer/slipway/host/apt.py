"""Installs packages by apt: whatever state the machine's own is in, or with the reason why not."""

from __future__ import annotations

import re
from collections.abc import Sequence

from slipway.errors import SlipwayError
from slipway.host import locks, services
from slipway.host.run import attempt, run
from slipway.progress import Reporter
from slipway.waiting import wait_for

LOCKED_SECONDS = 300.0
QUIET = {"DEBIAN_FRONTEND": "noninteractive"}
INSTALL = ("apt-get", "install", "-y", "-q", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120")
#: What apt says when its lists name files that the mirror has no more.
_STALE = re.compile(r"404|Unable to fetch|Failed to fetch|Hash Sum mismatch|size mismatch", re.IGNORECASE)
#: What apt says when it knows no key for a repository.
_UNSIGNED = re.compile(r"NO_PUBKEY|public key is not available|is not signed|keyring.*(?:unreadable|does not exist)")


def command(packages: Sequence[str]) -> str:
    """What a user types to have the same."""
    return f"apt-get update && apt-get install --no-install-recommends {' '.join(packages)}"


def install(packages: Sequence[str], reporter: Reporter) -> None:
    """Install packages without starting their services. Raises SlipwayError with apt's words, and the remedy."""
    remedy = command(packages)
    wait_for("apt", locks.check, seconds=LOCKED_SECONDS, reporter=reporter, quiet=0.0)
    with services.kept_down():
        finish_half_configured(reporter)
        updated = attempt([*INSTALL, "--simulate", *packages])[0] != 0
        if updated:
            update(remedy)
        try:
            run([*INSTALL, *packages], what="apt-get install", remedy=remedy, timeout=900, env=QUIET)
        except SlipwayError as error:
            if updated or not _STALE.search("\n".join(error.details)):
                raise
            reporter.say("apt's lists are older than the mirror: they are fetched anew")
            update(remedy)
            run([*INSTALL, *packages], what="apt-get install", remedy=remedy, timeout=900, env=QUIET)
    services.disable(list(packages))


def finish_half_configured(reporter: Reporter) -> None:
    """Configure what an interrupted installation left unpacked: apt refuses everything until then."""
    if not attempt(["dpkg", "--audit"])[1].strip():
        return
    reporter.say("packages are half configured, from an interrupted installation: dpkg --configure -a")
    words = ["dpkg", "--force-confold", "--configure", "-a"]
    run(words, what="dpkg --configure -a", remedy="mend it: dpkg --configure -a", timeout=600, env=QUIET)


def update(remedy: str) -> None:
    """Fetch the lists. Raises SlipwayError; a missing key is named as such."""
    try:
        # A mirror that does not answer is only a warning to apt without this.
        words = ["apt-get", "update", "-q", "-o", "APT::Update::Error-Mode=any"]
        run(words, what="apt-get update", remedy=remedy, timeout=300, env=QUIET)
    except SlipwayError as error:
        if _UNSIGNED.search("\n".join(error.details)):
            raise SlipwayError(
                "apt has no key for Debian's archive, so that no package can be verified",
                "apt-get update",
                "install the package debian-archive-keyring from a medium that you trust, then run this again",
                error.details,
            ) from error
        raise
