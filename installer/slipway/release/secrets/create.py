"""Generated Secrets in the cluster: what they are derived from, and their making where others may make them, too."""

from __future__ import annotations

from slipway.catalog import SecretSpec
from slipway.errors import SlipwayError
from slipway.kube import ApiError, Client, Obj
from slipway.release.secrets.spec import in_project


def source(client: Client, spec: SecretSpec, project: str, how: str) -> Obj:
    """The Secret that one is derived from (``how``: "made of", "signed by"). Raises SlipwayError where it is not."""
    namespace, _, name = spec.source.partition("/")
    secret = client.get("v1", "Secret", name, in_project(namespace, project))
    if secret is None:
        raise SlipwayError(
            f"is {how} Secret {spec.source}, which does not exist", f"Secret {spec.namespace}/{spec.name}"
        )
    return secret


def created(client: Client, obj: Obj) -> bool:
    """Create it; False where somebody else has done so meanwhile."""
    try:
        client.create(obj)
    except ApiError as error:
        if error.status == 409 and error.reason == "AlreadyExists" and "being deleted" not in error.what:
            return False
        raise
    return True
