"""Whether the user of the kubeconfig may do what the plan needs.

Source: https://kubernetes.io/docs/reference/access-authn-authz/authorization/ (SelfSubjectAccessReview), and
https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from slipway.doctor.cluster.context import Context
from slipway.doctor.finding import Finding, fail, ok
from slipway.errors import SlipwayError
from slipway.kube import ApiError, Client, Obj, ref_of

#: What the engine does with every object: listing and watching, server-side apply, pruning.
VERBS = ("get", "list", "watch", "create", "patch", "delete")
#: What it keeps for itself, and reads to explain failures.
OWN = (
    ("configmaps", "", "slipway-system"),
    ("secrets", "", "slipway-system"),
    ("leases", "coordination.k8s.io", "slipway-system"),
)
READ = (("pods", ""), ("events", ""), ("nodes", ""), ("persistentvolumes", ""))
ROLES = ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding")
SHOWN = 12


@dataclass(frozen=True, order=True)
class Need:
    """A verb on a resource of a group ("" for the core's), in a namespace or ("") everywhere."""

    resource: str
    group: str
    namespace: str
    verb: str

    def __str__(self) -> str:
        name = f"{self.resource}.{self.group}" if self.group else self.resource
        return f"{self.verb} {name}" + (f" in {self.namespace}" if self.namespace else "")


Ask = Callable[[Need], bool]


def run(ctx: Context) -> list[Finding]:
    """Ask the server for each verb of each resource, and try out the roles, which may be refused for other reasons."""
    if allowed(ctx.kube, Need("*", "*", "", "*")):
        return [ok("everything is allowed: verb * on every resource")]
    objects = list(ctx.objects)
    needs = needed(objects, plurals(ctx.kube, objects))
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda each: (each, may(each, lambda need: allowed(ctx.kube, need))), sorted(needs))
        lacking = [each for each, granted in answers if not granted]
    return judge(len(needs), lacking, escalations(ctx.kube, objects))


def plurals(kube: Client, objects: Iterable[Obj]) -> dict[tuple[str, str], str]:
    """(group, kind) → plural of what is served, and of the CRDs among the objects."""
    served = {(each.api_version.rpartition("/")[0], each.kind): each.plural for each in kube.served()}
    for obj in objects:
        if obj.get("kind") == "CustomResourceDefinition":
            names = obj["spec"]["names"]
            served[(obj["spec"]["group"], names["kind"])] = names["plural"]
    return served


def needed(objects: Iterable[Obj], names: dict[tuple[str, str], str]) -> set[Need]:
    """What installing the objects takes; kinds without a known plural are left to another check."""
    needs = {Need(resource, group, place, verb) for resource, group, place in OWN for verb in VERBS}
    needs |= {Need(resource, group, "", verb) for resource, group in READ for verb in ("get", "list", "watch")}
    for obj in objects:
        ref = ref_of(obj)
        if plural := names.get((ref.group, ref.kind)):
            needs |= {Need(plural, ref.group, ref.namespace, verb) for verb in VERBS}
    return needs


def may(need: Need, ask: Ask) -> bool:
    """Whether it is allowed everywhere, or at least where it is needed."""
    return ask(replace(need, namespace="")) or (bool(need.namespace) and ask(need))


def allowed(kube: Client, need: Need) -> bool:
    """The server's answer to one SelfSubjectAccessReview."""
    attributes = {"verb": need.verb, "group": need.group, "resource": need.resource, "namespace": need.namespace}
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {key: value for key, value in attributes.items() if value}},
    }
    answer = kube.request("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", body=body)
    return bool((answer.get("status") or {}).get("allowed"))


def escalations(kube: Client, objects: Iterable[Obj]) -> list[str]:
    """Roles and bindings that a dry run refuses because they grant more than the user has."""
    findings = []
    for obj in objects:
        if obj.get("kind") not in ROLES:
            continue
        try:
            kube.apply(obj, dry_run=True)
        except ApiError as error:
            if error.status == 403 and "attempting to grant RBAC permissions" in error.what:
                findings.append(
                    f"{ref_of(obj)} grants what you do not have: {error.what.partition(':')[2].strip()[:200]}"
                )
        except SlipwayError:
            # Its namespace or kind is not there yet: nothing is known, and nothing is said.
            continue
    return findings


def judge(count: int, lacking: Iterable[Need], refused: Iterable[str]) -> list[Finding]:
    """One finding per resource that lacks verbs, one per role."""
    grouped: dict[tuple[str, str], tuple[set[str], set[str]]] = {}
    for need in lacking:
        verbs, places = grouped.setdefault((need.resource, need.group), (set(), set()))
        verbs.add(need.verb)
        places.add(need.namespace)
    findings = []
    for (resource, group), (verbs, places) in sorted(grouped.items()):
        name = f"{resource}.{group}" if group else resource
        where = "in the whole cluster" if "" in places else f"in {', '.join(sorted(places))}"
        words = ", ".join(verb for verb in VERBS if verb in verbs)
        findings.append(
            fail(f"not allowed: {words} {name} {where}", "ask an administrator for a role with these verbs")
        )
    findings += [
        fail(text, "install as a cluster administrator, or get the verb escalate on roles") for text in refused
    ]
    if len(findings) > SHOWN:
        rest = len(findings) - SHOWN
        findings = [*findings[:SHOWN], fail(f"and {rest} more of the kind", "ask for the ClusterRole cluster-admin")]
    return findings or [ok(f"all {count} permissions that the plan needs are granted")]
