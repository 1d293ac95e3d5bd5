"""What every component's objects must be, whatever the component."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml
from slipway.kube import Obj, Ref, ref_of
from slipway.readiness import probe
from slipway.release.objects.order import is_custom
from slipway.render import Rendered
from slipway.render.images import REFERENCE, used

WORKLOADS = {"Deployment", "StatefulSet", "DaemonSet", "Job", "Pod", "CronJob"}
CLUSTER_KINDS = {
    "Namespace", "PersistentVolume", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition", "StorageClass",
    "PriorityClass", "CSIDriver", "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "APIService",
    "IngressClass", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding",
}  # fmt: skip


def workloads(component: Rendered) -> Iterator[tuple[Obj, dict[str, Any]]]:
    """Every workload with its pod's spec."""
    for obj in component.objects:
        if obj["kind"] == "CronJob":
            yield obj, obj["spec"]["jobTemplate"]["spec"]["template"]["spec"]
        elif obj["kind"] == "Pod":
            yield obj, obj["spec"]
        elif obj["kind"] in WORKLOADS:
            yield obj, obj["spec"]["template"]["spec"]


def containers(component: Rendered) -> Iterator[tuple[str, Obj, dict[str, Any], dict[str, Any], bool]]:
    """(name, workload, pod spec, container, whether it is an init container)."""
    for obj, pod in workloads(component):
        for container in pod.get("initContainers") or []:
            yield f"{ref_of(obj)} init {container['name']}", obj, pod, container, True
        for container in pod["containers"]:
            yield f"{ref_of(obj)} {container['name']}", obj, pod, container, False


def test_objects_say_what_they_are_and_where(component: Rendered) -> None:
    for obj in component.objects:
        ref = ref_of(obj)
        assert ref.api_version and ref.kind and ref.name
        assert "creationTimestamp" not in obj["metadata"], ref
        assert "status" not in obj or not obj["status"], ref
        if ref.kind in CLUSTER_KINDS:
            assert not ref.namespace, ref
        elif not is_custom(ref):
            assert ref.namespace, f"{ref} has no namespace"


def test_objects_carry_the_labels(component: Rendered) -> None:
    for obj in component.objects:
        labels = obj["metadata"]["labels"]
        assert labels["app.kubernetes.io/managed-by"] == "slipway", ref_of(obj)
        assert labels.get("app.kubernetes.io/part-of") == "slipway", ref_of(obj)
        if obj["kind"] != "Namespace":
            assert labels["slipway.dev/component"] == component.component.name


#: An image of somebody else's: registry, path and a tag or digest, so that it can be mirrored and locked as it stands.
FULL = re.compile(r"[a-z0-9.-]+\.[a-z]+(:[0-9]+)?/[^:@ ]+(:(?!latest\b)[\w.-]+|@sha256:[0-9a-f]{64})")


def test_images_are_ours_and_declared_or_named_in_full(component: Rendered) -> None:
    declared = set(component.component.images)
    found = set().union(*(used(obj) for obj in component.objects))
    assert found <= declared, "images that component.yaml does not declare"
    for name, _, _, container, _ in containers(component):
        image = container["image"]
        assert REFERENCE.fullmatch(image) or FULL.fullmatch(image), f"{name}: {image}"
        assert container.get("imagePullPolicy") == "IfNotPresent", name


def test_containers_have_requests_and_limits(component: Rendered) -> None:
    for name, _, _, container, _ in containers(component):
        resources = container.get("resources") or {}
        assert {"cpu", "memory"} <= set(resources.get("requests") or {}), f"{name} lacks requests"
        assert "memory" in (resources.get("limits") or {}), f"{name} lacks a memory limit"


#: (component, container) that answers no question, with the reason.
PROBES_IMPOSSIBLE = {
    ("local-path", "local-path-provisioner"): "it has no port and no command that says whether it works",
    ("nfs-provisioner", "nfs-provisioner"): "it has no port and no command that says whether it works",
    ("csi-driver-nfs", "provisioner"): "its port tells only of leases, and it has none",
    ("csi-driver-nfs", "resizer"): "its port tells only of leases, and it has none",
    ("csi-driver-nfs", "liveness-probe"): "it is what answers for the driver",
}


def test_long_running_containers_have_probes(component: Rendered) -> None:
    """Every container says whether it lives, every pod whether it is ready."""
    for obj, pod in workloads(component):
        if obj["kind"] in ("Deployment", "StatefulSet", "DaemonSet"):
            asked = [c for c in pod["containers"] if (component.component.name, c["name"]) not in PROBES_IMPOSSIBLE]
            lacking = [container["name"] for container in asked if "livenessProbe" not in container]
            assert not lacking, f"{ref_of(obj)}: no liveness probe of {lacking}"
            ready = not asked or any("readinessProbe" in c for c in asked)
            assert ready, f"{ref_of(obj)} has no readiness probe"


#: (component, container) that is privileged, with the reason.
PRIVILEGED = {("csi-driver-nfs", "nfs"): "a CSI driver mounts file systems into other pods' directories"}
#: (component, container) without the runtime's seccomp profile, with the reason.
UNCONFINED = {("nfs-server", "ganesha"): "the default profile forbids name_to_handle_at, by which it names files"}
#: Components whose pods are in the host's network, with the reason.
HOST_NETWORK = {
    "csi-driver-nfs": "mounts outlive the pod: they need the node's network",
    "network-policies": "it writes the node's packet filter",
}


def test_containers_run_with_little_power(component: Rendered) -> None:
    for name, _, pod, container, _ in containers(component):
        above, own = pod.get("securityContext") or {}, container.get("securityContext") or {}
        assert not pod.get("hostPID") and not pod.get("hostIPC"), f"{name} uses the host's namespaces"
        network = component.component.name in HOST_NETWORK
        assert network or not pod.get("hostNetwork"), f"{name} uses the host's network"
        if (component.component.name, container["name"]) in PRIVILEGED:
            continue
        assert own.get("allowPrivilegeEscalation") is False, f"{name} may gain privileges"
        assert not own.get("privileged"), f"{name} is privileged"
        assert "ALL" in (own.get("capabilities") or {}).get("drop", []), f"{name} keeps capabilities"
        profile = (own.get("seccompProfile") or above.get("seccompProfile") or {}).get("type")
        unconfined = (component.component.name, container["name"]) in UNCONFINED
        assert profile == ("Unconfined" if unconfined else "RuntimeDefault"), f"{name}: seccomp profile {profile}"


#: (component, container) that runs as root, with the reason.
ROOT_ALLOWED = {
    ("storage", "owner"): "only root gives directories away",
    ("nfs-server", "ganesha"): "an NFS server acts as its clients' users",
    ("nfs-provisioner", "nfs-provisioner"): "removes what any user wrote",
    ("network-policies", "network-policies"): "writes the node's packet filter",
    ("csi-driver-nfs", "nfs"): "mounts file systems",
    ("csi-driver-nfs", "provisioner"): "uses the socket of the driver, which is root",
    ("csi-driver-nfs", "resizer"): "uses the socket of the driver, which is root",
    ("csi-driver-nfs", "liveness-probe"): "uses the socket of the driver, which is root",
    ("csi-driver-nfs", "registrar"): "writes into the kubelet's directory of plugins",
}


def test_containers_do_not_run_as_root(component: Rendered) -> None:
    for name, _, pod, container, _ in containers(component):
        if (component.component.name, container["name"]) in ROOT_ALLOWED:
            continue
        above, own = pod.get("securityContext") or {}, container.get("securityContext") or {}
        assert own.get("runAsNonRoot", above.get("runAsNonRoot")) is True, f"{name} may run as root"
        assert own.get("runAsUser", above.get("runAsUser", 1)) != 0, f"{name} runs as root"


def test_workloads_have_their_own_service_account(component: Rendered) -> None:
    accounts = {ref_of(o) for o in component.objects if o["kind"] == "ServiceAccount"}
    for obj, pod in workloads(component):
        place, name = obj["metadata"]["namespace"], pod.get("serviceAccountName", "default")
        assert Ref("v1", "ServiceAccount", place, name) in accounts, f"{ref_of(obj)}: no ServiceAccount {name}"


def test_roles_that_are_bound_exist(component: Rendered) -> None:
    refs = set(component.refs)
    for obj in component.objects:
        if obj["kind"] not in ("RoleBinding", "ClusterRoleBinding"):
            continue
        role, place = obj["roleRef"], obj["metadata"].get("namespace", "")
        own = Ref(obj["apiVersion"], role["kind"], place if role["kind"] == "Role" else "", role["name"])
        assert own in refs or role["name"].startswith("system:"), f"{ref_of(obj)} binds {role['name']}, not here"
        assert role["name"] != "cluster-admin", ref_of(obj)


#: (component, edition, role) with every verb on something, with the reason.
STARS_NEEDED = {
    ("katib", "upstream", "katib-controller"): "makes Roles of every verb on trials, and nobody gives what he lacks"
}


def test_roles_allow_no_star(component: Rendered) -> None:
    which = (component.component.name, component.component.edition)
    for obj in component.objects:
        if obj["kind"] == "ClusterRole" and (*which, obj["metadata"]["name"]) in STARS_NEEDED:
            stars = [rule for rule in obj["rules"] if "*" in rule["verbs"]]
            assert [rule["resources"] for rule in stars] == [["trials", "trials/status"]], ref_of(obj)
        elif obj["kind"] in ("Role", "ClusterRole"):
            for rule in obj.get("rules") or []:
                assert "*" not in rule.get("verbs", []), f"{ref_of(obj)}: every verb on {rule.get('resources')}"
                assert rule.get("apiGroups") != ["*"], f"{ref_of(obj)}: every API group"


def test_selectors_select_the_template(component: Rendered) -> None:
    for obj in component.objects:
        if obj["kind"] in ("Deployment", "StatefulSet", "DaemonSet"):
            labels = obj["spec"]["template"]["metadata"]["labels"].items()
            assert obj["spec"]["selector"]["matchLabels"].items() <= labels, ref_of(obj)


def test_services_select_pods_of_the_component(component: Rendered) -> None:
    templates = [
        obj["spec"]["template"]["metadata"]["labels"] for obj in component.objects if "template" in obj.get("spec", {})
    ]
    for obj in component.objects:
        selector = (obj.get("spec") or {}).get("selector") if obj["kind"] == "Service" else None
        if selector:
            assert any(selector.items() <= labels.items() for labels in templates), f"{ref_of(obj)} selects nothing"


def test_volumes_and_variables_name_what_exists(component: Rendered) -> None:
    """ConfigMaps must be rendered, Secrets rendered or generated; optional ones are free."""
    refs = {(ref.kind, ref.namespace, ref.name) for ref in component.refs}
    there = refs | {("Secret", spec.namespace, spec.name) for spec in component.component.secrets}
    for obj, pod in workloads(component):
        place = obj["metadata"]["namespace"]
        for kind, name in _references(pod):
            # Kubernetes puts its CA into every namespace.
            found = (kind, place, name) in there or name == "kube-root-ca.crt"
            assert found, f"{ref_of(obj)} uses {kind} {place}/{name}"


def _references(pod: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for volume in pod.get("volumes") or []:
        sources = [volume, *((volume.get("projected") or {}).get("sources") or [])]
        for source in sources:
            for key, kind, name in (("configMap", "ConfigMap", "name"), ("secret", "Secret", "secretName")):
                part = source.get(key) or {}
                found = part.get(name) or part.get("name")
                if found and not part.get("optional"):
                    yield kind, found
    for container in [*(pod.get("initContainers") or []), *pod["containers"]]:
        for variable in container.get("env") or []:
            chosen = variable.get("valueFrom") or {}
            for key, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
                if key in chosen and not chosen[key].get("optional"):
                    yield kind, chosen[key]["name"]
        for source in container.get("envFrom") or []:
            for key, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
                if key in source and not source[key].get("optional"):
                    yield kind, source[key]["name"]


def test_settings_are_resolved(component: Rendered) -> None:
    assert set(component.settings) == {setting.name for setting in component.component.settings}
    assert "auto" not in component.settings.values()
    text = yaml.safe_dump_all(component.objects)
    assert not re.search(r"\$\{?[a-z_]+_setting|REPLACE|CHANGEME|TODO", text)
    for obj in component.objects:
        assert "config.kubernetes.io/local-config" not in (obj["metadata"].get("annotations") or {}), ref_of(obj)


def test_no_secret_is_in_the_manifests(component: Rendered) -> None:
    for obj in component.objects:
        if obj["kind"] == "Secret":
            assert not obj.get("data") and not obj.get("stringData"), f"{ref_of(obj)} has values"


def test_probes_exist(component: Rendered) -> None:
    for name in component.component.probes:
        assert callable(probe.find(component.component, name))


def test_webhooks_point_to_services_of_the_component(component: Rendered) -> None:
    services = {(ref.namespace, ref.name) for ref in component.refs if ref.kind == "Service"}
    for obj in component.objects:
        for hook in obj.get("webhooks") or []:
            service = hook["clientConfig"].get("service")
            assert service is None or (service["namespace"], service["name"]) in services, ref_of(obj)
