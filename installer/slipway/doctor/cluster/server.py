"""Whether the API server answers, and to whom: the first thing, without which nothing else is asked.

Source of the review: https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/self-subject-review-v1/
"""

from __future__ import annotations

import datetime
import re
from pathlib import Path

from slipway.doctor.cluster import certificates
from slipway.doctor.cluster.context import Context
from slipway.doctor.finding import Finding, fail, ok
from slipway.errors import SlipwayError
from slipway.kube import ApiError, Client

NEW = "get a new kubeconfig; of the embedded cluster: slipway up"
#: (what the failure says, remedy); the first that matches. Sources: Python's ssl and socket modules, the API server.
REMEDIES = (
    (
        r"has expired",
        "the server's certificate ended, or this machine's clock is ahead: kubeadm certs renew; timedatectl",
    ),
    (r"not yet valid", "this machine's clock is behind the server's: timedatectl, chronyc tracking"),
    (r"(Hostname|IP address) mismatch", "its certificate is for other names: use one of them, or set tls-server-name"),
    (r"CERTIFICATE_VERIFY_FAILED", f"the kubeconfig's certificate-authority is not the one of this server: {NEW}"),
    (r"\[SSL\] PEM|PEM lib", f"the kubeconfig's client certificate or key cannot be read: {NEW}"),
    (r"HTTP request to an HTTPS server", "write https:// before the server in the kubeconfig"),
    (r"WRONG_VERSION_NUMBER|RECORD_LAYER", "no TLS is spoken there: is this the API server's port?"),
    (
        r"Name or service not known|Failed to resolve|No address associated",
        "correct the server's name, or the DNS here",
    ),
    (r"timed out|No route|unreachable", "a firewall or a VPN is between this machine and the server"),
)
NOBODY = "system:anonymous"


def run(ctx: Context) -> list[Finding]:
    """Its version, and a review of ourselves; a kubeconfig that is refused is looked into for the cause."""
    try:
        ctx.kube.request("GET", "/version")
        return [judge(ctx.kube.server, who(ctx.kube))]
    except SlipwayError as error:
        return [refused(error, ended(ctx.kubeconfig))]


def judge(server: str, user: str) -> Finding:
    """``user``: the name that the server knows us by, "" where it does not say."""
    if user == NOBODY:
        return fail(
            f"{server} takes the kubeconfig's user for nobody ({NOBODY}): it sends no credentials",
            f"does the program run that its exec section names? else {NEW}",
        )
    return ok(f"{server}, as {user}" if user else server)


def who(kube: Client) -> str:
    """The name that the server knows us by; "" where it does not say."""
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    try:
        answer = kube.request("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", body=body)
    except ApiError as error:
        if error.status == 401:
            raise
        return NOBODY if NOBODY in error.what else ""
    return str(((answer.get("status") or {}).get("userInfo") or {}).get("username", ""))


def ended(kubeconfig: Path | None) -> str:
    """The client certificates of the kubeconfig that ended, "" for none."""
    if kubeconfig is None or not kubeconfig.is_file():
        return ""
    try:
        ends = certificates.ends(certificates.own(kubeconfig))
    except (SlipwayError, ValueError):
        return ""
    now = datetime.datetime.now(datetime.UTC)
    return "; ".join(f"{name} ended on {end:%Y-%m-%d}" for name, end in ends.items() if end and end < now)


def refused(error: SlipwayError, certificate: str) -> Finding:
    """From a failed request: its cause, and what to do."""
    where = f"{error.where}: " if error.where else ""
    says = f"{where}{error.what.strip()}"
    if isinstance(error, ApiError) and error.status == 401:
        if certificate:
            return fail(f"{says}: {certificate}", NEW)
        return fail(
            f"{says}: the server does not know the kubeconfig's credentials (any more)", f"log in again, or {NEW}"
        )
    remedy = next((remedy for pattern, remedy in REMEDIES if re.search(pattern, says, re.IGNORECASE)), error.remedy)
    return fail(says, remedy or "kubectl version says what the server answers")
