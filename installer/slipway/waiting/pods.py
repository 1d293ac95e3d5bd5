"""Waiting for an object behind which Pods are: with what they say when it fails."""

from __future__ import annotations

from collections.abc import Callable

from slipway.diagnosis.causes import causes_of_pod, stuck
from slipway.diagnosis.details import details
from slipway.errors import SlipwayError
from slipway.kube import Client, Obj, Ref
from slipway.naming import IMAGE_HOST
from slipway.waiting.objects import Failing, Judge, until


def until_done(
    kube: Client, ref: Ref, judge: Judge, pods: str, seconds: float, waiting: Callable[[str], None], remedy: str
) -> Obj:
    """``until`` with a look at the Pods that the selector ``pods`` names: one that can never start ends the wait.

    Raises SlipwayError with events and last log lines; ``remedy`` is what to do when it takes too long.
    """

    def causes() -> tuple[str, ...]:
        return details(kube, ref, pods)

    def look() -> None:
        for pod in kube.objects("v1", "Pod", ref.namespace, labels=pods):
            if why := stuck(pod):
                known = next((cause.remedy for cause in causes_of_pod(pod) if cause.remedy), "")
                bring = "bring Slipway's images to the nodes: slipway up" if f"{IMAGE_HOST}/" in why else known
                raise SlipwayError(why, str(ref), bring, causes())

    return until(kube, ref, judge, seconds, waiting, Failing(remedy=remedy, details=causes, look=look))
