"""While something is waited for: why it is not ready, looked up now and then, and whether waiting can help at all."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from slipway.diagnosis import remedies
from slipway.diagnosis.causes import causes_of_pod, refusal, sentences_of_events, short
from slipway.diagnosis.explain import WORKLOADS, claims_of, concerns, pods_of
from slipway.errors import SlipwayError
from slipway.kube import Client, Obj, Ref
from slipway.readiness import Verdict
from slipway.readiness.verdict import failed, observed

#: Seconds between looks; what is ready soon is not looked into.
LOOK_SECONDS = 5.0
KINDS = (*WORKLOADS, "Job", "Pod", "PersistentVolumeClaim")
REVISION = "deployment.kubernetes.io/revision"


@dataclass
class Observer:
    """What is known of the objects that one component waits for.

    A refusal counts as final only when it came after this witness looked first, for the newest template: older ones
    may be of what was wrong before. Counting instead of comparing times, for clocks differ.
    """

    client: Client
    cause: str = ""
    _next: float = field(default_factory=lambda: time.monotonic() + LOOK_SECONDS / 2)
    _known: dict[Ref, frozenset[tuple[str, int]]] = field(default_factory=dict)

    def look(self, open_ones: Mapping[Ref, Verdict], live: Mapping[Ref, Obj]) -> dict[Ref, Verdict]:
        """Look when it is time; ``live`` are the objects as last seen. Sets ``cause``; returns those that are final.

        Never raises: who waits goes on waiting when the causes cannot be read.
        """
        if time.monotonic() < self._next:
            return {}
        final: dict[Ref, Verdict] = {}
        try:
            causes: list[str] = []
            wanted = [ref for ref in sorted(open_ones) if ref.kind in KINDS and ref.namespace]
            for namespace in sorted({ref.namespace for ref in wanted}):
                events = self.client.objects("v1", "Event", namespace)
                for ref in wanted:
                    if ref.namespace == namespace:
                        causes += self._causes(ref, events)
                        final |= self._final(ref, live.get(ref), events)
            self.cause = short(next(iter(causes), ""))
        except SlipwayError:
            final = {}
        self._next = time.monotonic() + LOOK_SECONDS
        return final

    def _causes(self, ref: Ref, events: list[Obj]) -> list[str]:
        """The pods' own words first; those that merely start come after what events warn of."""
        pods = [] if ref.kind == "PersistentVolumeClaim" else pods_of(self.client, ref)
        causes = [(f"Pod {cause.pod}: {cause.text}", cause.remedy) for pod in pods for cause in causes_of_pod(pod)]
        names = {(ref.namespace, ref.name)}
        names |= {(ref.namespace, name) for pod in pods for name in (pod["metadata"]["name"], *claims_of(pod))}
        warned, _ = sentences_of_events(event for event in events if concerns(event, names))
        sure, starting = [text for text, remedy in causes if remedy], [text for text, remedy in causes if not remedy]
        return [*sure, *(_brief(line) for line in reversed(warned)), *starting]

    def _final(self, ref: Ref, obj: Obj | None, events: list[Obj]) -> dict[Ref, Verdict]:
        if obj is None or (ref.kind in WORKLOADS and not observed(obj)):
            return {}
        refused = {_stamp(event): event for event in events if _refusal(event) and _of(event, ref, obj)}
        before = self._known.setdefault(ref, frozenset(refused))
        for stamp in sorted(set(refused) - before):
            if self._newest(refused[stamp], obj):
                message = refusal(str(refused[stamp].get("message", "")))
                return {ref: failed(f"its pods are refused, and waiting does not help: {message}")}
        return {}

    def _newest(self, event: Obj, obj: Obj) -> bool:
        """Whether the ReplicaSet of an event is that of the Deployment's newest template."""
        about = event["involvedObject"]
        if about.get("kind") != "ReplicaSet":
            return True
        replica_set = self.client.get("apps/v1", "ReplicaSet", about["name"], about["namespace"])
        marks = [((each or {}).get("metadata") or {}).get("annotations") or {} for each in (replica_set, obj)]
        return bool(marks[0].get(REVISION)) and marks[0].get(REVISION) == marks[1].get(REVISION)


def _brief(line: str) -> str:
    """A refusal of pods without the names of those that were to be: what refuses them is what matters."""
    return f"its pods are refused: {refusal(line)}" if ": FailedCreate: " in line else line


def _refusal(event: Obj) -> bool:
    return remedies.for_good(str(event.get("reason", "")), str(event.get("message", "")))


def _of(event: Obj, ref: Ref, obj: Obj) -> bool:
    about = event.get("involvedObject") or {}
    if about.get("kind") == "ReplicaSet":
        return ref.kind == "Deployment" and concerns(event, {(ref.namespace, ref.name)})
    return bool(about.get("uid") == obj["metadata"].get("uid"))


def _stamp(event: Obj) -> tuple[str, int]:
    """Changes whenever the event happens again."""
    return str(event["metadata"].get("uid", "")), int(event.get("count") or 1)
