"""SeldonDeployments on the running platform: answers, updates, canaries, repair, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from seldon_models import API, Obj, ask, client, code, load, predictor, sdep
from slipway.kube import Client, Ref

Create = Callable[[Obj], Obj]
Eventually = Callable[..., Any]
KIND = "SeldonDeployment"
MANAGER = ("apps/v1", "Deployment", "seldon-controller-manager", "seldon-system")
OWNED = (("apps/v1", "Deployment"), ("v1", "Service"), ("getambassador.io/v2", "Mapping"))


@dataclass
class Models:
    """The tests' view of one namespace's models."""

    kube: Client
    namespace: str
    gateway: str
    create: Create
    eventually: Eventually

    def deploy(self, obj: Obj) -> str:
        """Create it with its code; the name."""
        name = str(obj["metadata"]["name"])
        self.create(code(name, self.namespace))
        self.create(obj)
        return name

    def get(self, name: str) -> Obj:
        found = self.kube.get(API, KIND, name, self.namespace)
        assert found is not None
        return found

    def state(self, name: str, wanted: str, timeout: float = 120) -> Obj:
        """Wait until the present generation has that state; its status."""

        def asked() -> Obj | None:
            found = self.get(name)
            status: Obj = found.get("status") or {}
            current = status.get("observedGeneration") == found["metadata"]["generation"]
            return status if current and status.get("state") == wanted else None

        status: Obj = self.eventually(asked, timeout=timeout, what=f"{name} is not {wanted}")
        return status

    def update(self, name: str, **spec: Any) -> None:
        self.kube.patch(Ref(API, KIND, self.namespace, name), {"spec": spec})

    def url(self, name: str) -> str:
        return f"{self.gateway}/seldon/{self.namespace}/{name}/api/v1.0/predictions"

    def answers(self, name: str, number: int) -> None:
        """Wait until the gateway brings the answer."""
        with client() as pool:
            self.eventually(lambda: ask(pool, self.url(name)) == number, timeout=30, what=f"no answer of {name}")

    def owned(self, name: str) -> list[Obj]:
        label = f"seldon-deployment-id={name}"
        return [o for api, kind in OWNED for o in self.kube.objects(api, kind, self.namespace, labels=label)]


@pytest.fixture
def models(kube: Client, project: str, gateway: str, create: Create, eventually: Eventually) -> Models:
    return Models(kube, project, gateway, create, eventually)


def restarts(kube: Client) -> dict[str, int]:
    pods = kube.objects("v1", "Pod", "seldon-system")
    return {p["metadata"]["name"]: s["restartCount"] for p in pods for s in p["status"].get("containerStatuses", [])}


def test_both_paths_answer(models: Models, temp_name: str) -> None:
    models.deploy(sdep(temp_name, models.namespace))
    status = models.state(temp_name, "Available")
    with client() as pool:  # without waiting: Available means that it answers
        assert ask(pool, models.url(temp_name)) == 1
        assert ask(pool, f"{models.gateway}/seldon/{temp_name}/api/v0.1/predictions") == 1
    service = f"{temp_name}-default"
    assert status["address"]["url"] == (
        f"http://{service}.{models.namespace}.svc.cluster.local:8000/api/v1.0/predictions"
    )
    meta = models.get(temp_name)["metadata"]
    assert not meta.get("finalizers")
    assert not [key for key in meta.get("annotations") or {} if "kopf" in key]


@pytest.mark.parametrize("version", ["v1alpha2", "v1alpha3"])
def test_older_versions_of_the_api_are_served(models: Models, temp_name: str, version: str) -> None:
    models.deploy(sdep(temp_name, models.namespace, predictor(temp_name, 1, replicas=0), version=version))
    models.state(temp_name, "Available")
    old = models.kube.get(f"machinelearning.seldon.io/{version}", KIND, temp_name, models.namespace)
    assert old is not None
    assert old["status"]["state"] == "Available"


def test_bad_objects_get_a_status_and_harm_nobody(models: Models, temp_name: str) -> None:
    before = restarts(models.kube)
    good = predictor(temp_name, 1)
    typo = predictor(temp_name, 1)
    typo["componentSpecs"][0]["spec"]["containers"][0]["imagePullPolice"] = "Never"
    nonsense = {"name": "default", "graph": {"name": "model"}, "componentSpecs": [{"spec": {"containers": "none"}}]}
    bad = {
        "split": ([{**good, "graph": {"name": "model", "implementation": "RANDOM_ABTEST"}}], "between two, not 0"),
        "server": ([{**good, "graph": {"name": "m", "implementation": "SKLEARN_SERVER"}}], "modelUri is missing"),
        "unknown": (
            [{**good, "graph": {"name": "m", "implementation": "MY_SERVER", "modelUri": "s3://m"}}],
            "MY_SERVER",
        ),
        "explained": ([{**good, "explainer": {"type": "AnchorTabular"}}], "explainers"),
        "traffic": ([{**good, "name": "a", "traffic": 60}, {**good, "name": "b", "traffic": 60}], "must sum to 100"),
        "typo": ([typo], "imagePullPolice"),
        "nonsense": ([nonsense], "must be a list"),
        "empty": ([], "at least one predictor"),
    }
    for name, (predictors, _) in bad.items():
        obj = sdep(f"{temp_name}-{name}", models.namespace)
        obj["spec"]["predictors"] = predictors
        models.create(obj)
    for name, (_, said) in bad.items():
        status = models.state(f"{temp_name}-{name}", "Failed", timeout=30)
        assert said in status["description"], name
        assert models.owned(f"{temp_name}-{name}") == [], name
    models.deploy(sdep(temp_name, models.namespace, predictor(temp_name, 1, replicas=0)))
    models.state(temp_name, "Available", timeout=30)
    assert restarts(models.kube) == before


def test_a_bad_update_leaves_the_model_serving(models: Models, temp_name: str) -> None:
    models.deploy(sdep(temp_name, models.namespace))
    models.state(temp_name, "Available")
    models.answers(temp_name, 1)
    unknown = predictor(temp_name, 2)
    unknown["graph"]["type"] = "UNKNOWN_TYPE"
    missing = predictor(temp_name, 2)
    missing["componentSpecs"][0]["spec"]["containers"][0] |= {
        "image": "slipway.local/none:0",
        "imagePullPolicy": "Never",
    }
    with load(models.url(temp_name), threads=1, pause=0.1) as result:
        models.update(temp_name, predictors=[unknown])
        models.state(temp_name, "Failed", timeout=30)
        models.update(temp_name, predictors=[missing])
        models.eventually(
            lambda: "slipway.local/none:0" in models.state(temp_name, "Creating", timeout=30)["description"],
            timeout=30,
            what="the status does not name the image that is missing",
        )
        models.update(temp_name, predictors=[predictor(temp_name, 3)])
        models.state(temp_name, "Available")
    assert result.failures == []
    assert set(result.answers) == {1, 3}


def test_an_update_fails_no_request(models: Models, temp_name: str) -> None:
    models.deploy(sdep(temp_name, models.namespace))
    models.state(temp_name, "Available")
    models.answers(temp_name, 1)
    with load(models.url(temp_name)) as result:
        models.update(temp_name, predictors=[predictor(temp_name, 2)])
        models.state(temp_name, "Available")
        # The old Pod is still there, and asked to end only after its pause.
        models.eventually(lambda: set(result.answers[-20:]) == {2}, timeout=60, what="the old version answers still")
        old = f"seldon-deployment-id={temp_name}"
        models.eventually(
            lambda: len(models.kube.objects("v1", "Pod", models.namespace, labels=old)) == 1,
            timeout=60,
            what="the old Pod is still there",
        )
    assert result.failures == []
    assert len(result.answers) > 50
    first = result.answers.index(2)
    assert set(result.answers[:first]) == {1}


def test_a_graph_of_two_pods_answers(models: Models, temp_name: str) -> None:
    """The orchestrator's own combiner over two models, the second in a Pod of its own."""
    parts = [predictor(temp_name, 1)["componentSpecs"][0] for _ in "ab"]
    children = [predictor(temp_name, number)["graph"] for number in (1, 3)]
    for name, part, child in zip("ab", parts, children, strict=True):
        child["name"] = part["spec"]["containers"][0]["name"] = name
    graph = {"name": "mean", "type": "COMBINER", "implementation": "AVERAGE_COMBINER", "children": children}
    both = {"name": "default", "graph": graph, "componentSpecs": parts}
    models.deploy(sdep(temp_name, models.namespace, both))
    models.state(temp_name, "Available")
    with client() as pool:  # without waiting: Available means that it answers
        assert ask(pool, models.url(temp_name)) == 2


def test_an_orchestrator_comes_and_goes_without_a_failed_request(models: Models, temp_name: str) -> None:
    """Of Pods with and without one, each answers at the port that its Service finds by name."""
    models.deploy(sdep(temp_name, models.namespace))
    models.state(temp_name, "Available")
    models.answers(temp_name, 1)
    asked: Obj = {"svcOrchSpec": {"env": [{"name": "ANY", "value": "thing"}]}}
    with load(models.url(temp_name)) as result:
        for number, more in ((2, asked), (3, {})):
            models.update(temp_name, predictors=[predictor(temp_name, number, **more)])
            models.state(temp_name, "Available")
            models.answers(temp_name, number)
    assert result.failures == []
    assert set(result.answers) == {1, 2, 3}


def test_a_canary_gets_its_share_and_is_promoted(models: Models, temp_name: str) -> None:
    a, b = predictor(temp_name, 1, "a"), predictor(temp_name, 2, "b")
    models.deploy(sdep(temp_name, models.namespace, a))
    models.state(temp_name, "Available")
    models.answers(temp_name, 1)
    with load(models.url(temp_name)) as result:
        models.update(temp_name, predictors=[{**a, "traffic": 75}, {**b, "traffic": 25}])
        models.state(temp_name, "Available")
        models.eventually(lambda: 2 in result.answers, timeout=30, what="no answer of the canary")
    assert result.failures == []
    with load(models.url(temp_name), pause=0.01, extra=0) as split:
        models.eventually(lambda: len(split.answers) >= 400, timeout=60, what="too few answers")
    assert split.failures == []
    # 400 tosses of a coin of 0.25: beyond 0.15 and 0.35 once in a million.
    assert 0.15 < split.share(2) < 0.35
    with load(models.url(temp_name)) as result:
        models.update(temp_name, predictors=[b])
        models.state(temp_name, "Available")
        gone = {f"{temp_name}-a", f"{temp_name}-a-model", f"{temp_name}-a-0-model"}
        models.eventually(
            lambda: not gone & {o["metadata"]["name"] for o in models.owned(temp_name)},
            timeout=60,
            what="the old predictor is still there",
        )
    assert result.failures == []
    assert set(result.answers[-20:]) == {2}


def test_the_operator_may_restart_at_any_time(models: Models, temp_name: str) -> None:
    models.deploy(sdep(temp_name, models.namespace))
    models.state(temp_name, "Available")
    models.answers(temp_name, 1)
    before = {o["metadata"]["uid"]: o["metadata"]["resourceVersion"] for o in models.owned(temp_name)}
    for pod in models.kube.objects("v1", "Pod", "seldon-system"):
        models.kube.delete(Ref("v1", "Pod", "seldon-system", pod["metadata"]["name"]))
    models.update(temp_name, predictors=[predictor(temp_name, 2)])
    models.state(temp_name, "Available")
    models.answers(temp_name, 2)
    after = {o["metadata"]["uid"]: o["metadata"]["resourceVersion"] for o in models.owned(temp_name)}
    assert before.keys() == after.keys(), "nothing was made anew"
    same = [uid for uid in before if before[uid] == after[uid]]
    assert len(same) == len(before) - 1, "only the Deployment was changed"


def test_what_is_broken_by_hand_is_repaired(models: Models, temp_name: str) -> None:
    models.deploy(sdep(temp_name, models.namespace))
    models.state(temp_name, "Available")
    models.answers(temp_name, 1)
    before = {(obj["apiVersion"], obj["kind"], obj["metadata"]["name"]) for obj in models.owned(temp_name)}
    assert len(before) == 7, "a Deployment, two Services, two routes each for REST and gRPC"
    for version, kind, name in before:
        models.kube.delete(Ref(version, kind, models.namespace, name))

    def back() -> bool:
        return before == {(o["apiVersion"], o["kind"], o["metadata"]["name"]) for o in models.owned(temp_name)}

    models.eventually(back, timeout=30, what="not all objects are back")
    models.state(temp_name, "Available")
    models.answers(temp_name, 1)
    service = Ref("v1", "Service", models.namespace, f"{temp_name}-default")
    models.kube.patch(service, {"spec": {"selector": {"seldon-app": "nobody"}}})

    def repaired() -> bool:
        found = models.kube.get("v1", "Service", service.name, service.namespace)
        return found is not None and found["spec"]["selector"] == {"seldon-app": f"{temp_name}-default"}

    models.eventually(repaired, timeout=30, what="the selector is still wrong")
    models.answers(temp_name, 1)


def test_scale_and_the_end(models: Models, temp_name: str) -> None:
    models.deploy(sdep(temp_name, models.namespace, predictor(temp_name, 1)))
    models.state(temp_name, "Available")
    ref = Ref(API, KIND, models.namespace, temp_name)
    models.kube.patch(ref, {"spec": {"replicas": 2}}, subresource="scale")
    assert models.state(temp_name, "Available")["replicas"] == 2
    models.kube.delete(ref)
    models.eventually(lambda: models.owned(temp_name) == [], timeout=60, what="objects are left")


def test_a_name_that_is_taken_is_not_taken_over(models: Models, temp_name: str) -> None:
    meta = {"name": f"{temp_name}-default", "namespace": models.namespace}
    mine = models.create({"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": {"ports": [{"port": 1}]}})
    models.deploy(sdep(temp_name, models.namespace, predictor(temp_name, 1, replicas=0)))
    status = models.state(temp_name, "Failed", timeout=30)
    assert "belongs to something else" in status["description"]
    found = models.kube.get("v1", "Service", meta["name"], models.namespace)
    assert found is not None
    assert found["metadata"]["resourceVersion"] == mine["metadata"]["resourceVersion"]


def test_the_operator_has_no_more_rights_than_it_needs(kube: Client) -> None:
    role = kube.get("rbac.authorization.k8s.io/v1", "ClusterRole", "seldon-manager-role")
    assert role is not None
    for rule in role["rules"]:
        assert "*" not in [*rule["verbs"], *rule["resources"], *rule["apiGroups"]]
        assert not {"secrets", "pods/exec", "configmaps"} & set(rule["resources"])
        assert "pods" not in rule["resources"] or set(rule["verbs"]) == {"list", "watch"}
    deployment = kube.get(MANAGER[0], MANAGER[1], MANAGER[2], MANAGER[3])
    assert deployment is not None
    assert deployment["spec"]["template"]["spec"]["securityContext"]["runAsNonRoot"] is True
