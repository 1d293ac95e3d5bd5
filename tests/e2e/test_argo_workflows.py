"""Workflows as a user writes them: parameters, scripts, retries, failures, templates; a controller that dies."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from slipway.kube import Client, Obj, Ref

API = "argoproj.io/v1alpha1"
IMAGE = "slipway.local/base:0.1.0"
OVER = ("Succeeded", "Failed", "Error")

Create = Callable[[Obj], Obj]
Eventually = Callable[..., Any]


def container(script: str) -> Obj:
    return {"image": IMAGE, "command": ["sh", "-c", script]}


def workflow(name: str, namespace: str, templates: list[Obj], **spec: Any) -> Obj:
    """A Workflow that starts with the first template."""
    start = {"entrypoint": templates[0]["name"], "templates": templates} if templates else {}
    meta = {"name": name, "namespace": namespace}
    return {"apiVersion": API, "kind": "Workflow", "metadata": meta, "spec": start | spec}


@pytest.fixture
def run(kube: Client, create: Create, eventually: Eventually) -> Callable[[Obj], Obj]:
    """Create a Workflow and return it when it is over."""

    def over(obj: Obj) -> Obj:
        meta = create(obj)["metadata"]

        def asked() -> Obj | None:
            found = kube.get(API, "Workflow", meta["name"], meta["namespace"])
            assert found is not None
            return found if found.get("status", {}).get("phase") in OVER else None

        done: Obj = eventually(asked, timeout=120, what=f"workflow {meta['name']} is not over")
        return done

    return over


def nodes(done: Obj) -> dict[str, Obj]:
    """The nodes of a Workflow by the name that a user gave them."""
    return {node["displayName"]: node for node in done["status"]["nodes"].values()}


def test_a_dag_passes_what_a_step_wrote_to_the_next_ones(
    run: Callable[[Obj], Obj], temp_name: str, project: str
) -> None:
    square = {
        "name": "square",
        "inputs": {"parameters": [{"name": "n"}]},
        "container": container("echo -n $(({{inputs.parameters.n}} * {{inputs.parameters.n}})) >/tmp/out"),
        "outputs": {"parameters": [{"name": "n", "valueFrom": {"path": "/tmp/out"}}]},
    }
    tasks = [
        {"name": "a", "template": "square", "arguments": {"parameters": [{"name": "n", "value": "3"}]}},
        {
            "name": "b",
            "template": "square",
            "dependencies": ["a"],
            "arguments": {"parameters": [{"name": "n", "value": "{{tasks.a.outputs.parameters.n}}"}]},
        },
    ]
    done = run(workflow(temp_name, project, [{"name": "dag", "dag": {"tasks": tasks}}, square]))
    assert done["status"]["phase"] == "Succeeded", done["status"].get("message")
    assert nodes(done)["b"]["outputs"]["parameters"][0]["value"] == "81"


def test_the_result_of_a_script_is_what_it_printed(run: Callable[[Obj], Obj], temp_name: str, project: str) -> None:
    script = {"image": IMAGE, "command": ["python3"], "source": "print(6 * 7)"}
    hear = {
        "name": "hear",
        "inputs": {"parameters": [{"name": "word"}]},
        "container": container("test '{{inputs.parameters.word}}' = 42"),
    }
    word = {"parameters": [{"name": "word", "value": "{{steps.say.outputs.result}}"}]}
    steps = [[{"name": "say", "template": "say"}], [{"name": "hear", "template": "hear", "arguments": word}]]
    done = run(
        workflow(temp_name, project, [{"name": "main", "steps": steps}, {"name": "say", "script": script}, hear])
    )
    assert done["status"]["phase"] == "Succeeded", done["status"].get("message")
    assert nodes(done)["say"]["outputs"]["result"] == "42"


def test_a_step_is_tried_again(run: Callable[[Obj], Obj], temp_name: str, project: str) -> None:
    step = {
        "name": "main",
        "retryStrategy": {"limit": 2},
        "container": container("test {{retries}} -ge 1"),
    }
    done = run(workflow(temp_name, project, [step]))
    assert done["status"]["phase"] == "Succeeded", done["status"].get("message")
    assert [node["phase"] for node in done["status"]["nodes"].values() if node["type"] == "Pod"].count("Failed") == 1


def test_a_step_that_fails_says_so_and_ends_the_workflow(
    run: Callable[[Obj], Obj], temp_name: str, project: str
) -> None:
    steps = {"name": "main", "steps": [[{"name": "bad", "template": "bad"}], [{"name": "never", "template": "bad"}]]}
    done = run(workflow(temp_name, project, [steps, {"name": "bad", "container": container("exit 3")}]))
    assert done["status"]["phase"] == "Failed"
    assert nodes(done)["bad"]["message"] == "main: Error (exit code 3)"
    assert "never" not in nodes(done)


def test_a_template_is_run_by_its_name(run: Callable[[Obj], Obj], create: Create, temp_name: str, project: str) -> None:
    meta = {"name": temp_name, "namespace": project}
    hello = {"name": "hello", "container": container("test '{{workflow.parameters.who}}' = world")}
    spec = {
        "entrypoint": "hello",
        "arguments": {"parameters": [{"name": "who", "value": "nobody"}]},
        "templates": [hello],
    }
    create({"apiVersion": API, "kind": "WorkflowTemplate", "metadata": meta, "spec": spec})
    arguments = {"parameters": [{"name": "who", "value": "world"}]}
    done = run(workflow(temp_name, project, [], workflowTemplateRef={"name": temp_name}, arguments=arguments))
    assert done["status"]["phase"] == "Succeeded", done["status"].get("message")


def test_a_workflow_that_cannot_be_run_says_why(run: Callable[[Obj], Obj], temp_name: str, project: str) -> None:
    done = run(workflow(temp_name, project, [{"name": "main", "container": container("true")}], entrypoint="nowhere"))
    assert done["status"]["phase"] in ("Failed", "Error")
    assert "nowhere" in done["status"]["message"]


def test_a_workflow_goes_on_when_the_controller_dies(
    kube: Client, run: Callable[[Obj], Obj], temp_name: str, project: str
) -> None:
    steps = {"name": "main", "steps": [[{"name": "first", "template": "nap"}], [{"name": "second", "template": "nap"}]]}
    killed: list[float] = []

    def kill() -> None:
        for pod in kube.objects("v1", "Pod", "argo", labels="app=workflow-controller"):
            kube.delete(Ref("v1", "Pod", "argo", pod["metadata"]["name"]))
        killed.append(time.monotonic())

    obj = workflow(temp_name, project, [steps, {"name": "nap", "container": container("sleep 3")}])
    kill_soon = _after(kube, obj, kill)
    done = run(obj)
    kill_soon.join()
    assert killed
    assert done["status"]["phase"] == "Succeeded", done["status"].get("message")
    assert nodes(done)["second"]["phase"] == "Succeeded"


def _after(kube: Client, obj: Obj, act: Callable[[], None]) -> Any:
    """A thread that acts as soon as the first step of the Workflow runs."""
    import threading

    meta = obj["metadata"]

    def wait() -> None:
        labels = f"workflows.argoproj.io/workflow={meta['name']}"
        end = time.monotonic() + 60
        while time.monotonic() < end and not kube.objects("v1", "Pod", meta["namespace"], labels=labels):
            time.sleep(0.5)
        act()

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    return thread


@pytest.mark.parametrize(
    ("verb", "group", "resource", "allowed"),
    [
        ("create", "argoproj.io", "workflowtaskresults", True),
        ("patch", "argoproj.io", "workflowtaskresults", True),
        ("list", "", "secrets", False),
        ("create", "", "pods", False),
        ("create", "argoproj.io", "workflows", False),
    ],
)
def test_a_step_may_report_and_nothing_else(
    kube: Client, project: str, verb: str, group: str, resource: str, allowed: bool
) -> None:
    attributes = {"namespace": project, "verb": verb, "group": group, "resource": resource}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {"user": f"system:serviceaccount:{project}:workflow", "resourceAttributes": attributes},
    }
    answer = kube.request("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", body=review)
    assert answer["status"]["allowed"] is allowed
