"""The service orchestrator, black box: graphs before real servers, and how it begins and ends."""

from __future__ import annotations

import signal
import threading
import urllib.error
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml
from executor_program import Units, predictor, running, start, units

PREDICTIONS, FEEDBACK = "/api/v1.0/predictions", "/api/v1.0/feedback"


def first(message: Any) -> float:
    return float(message["data"]["ndarray"][0])


def number(value: float) -> dict[str, Any]:
    return {"data": {"ndarray": [value]}, "meta": {}}


ANSWERS = {
    "scale": lambda _, body: number(first(body) * 10),
    "left": lambda _, body: number(first(body) + 1),
    "right": lambda _, body: number(first(body) + 2),
    "sum": lambda _, body: number(sum(map(first, body))),
    "choose": lambda _, body: number(1 if first(body) > 5 else 0),
    "round": lambda _, body: number(round(first(body))),
}


def whole(made: Units) -> dict[str, Any]:
    """A transformer before a router between a model, and a combiner of two; an output transformer around all of it."""
    both = made.unit("sum", "COMBINER", made.unit("left", "MODEL"), made.unit("right", "MODEL"))
    routed = made.unit("choose", "ROUTER", {"name": "constant", "implementation": "SIMPLE_MODEL"}, both)
    return made.unit("round", "OUTPUT_TRANSFORMER", made.unit("scale", "TRANSFORMER", routed))


def test_a_request_and_its_feedback_walk_through_the_graph() -> None:
    with units(ANSWERS) as made:
        environment = {**predictor(whole(made)), "SELDON_ENABLE_ROUTING_INJECTION": "true"}
        with running(environment) as executor:
            status, answer = executor.post(PREDICTIONS, number(1))
            assert status == 200
            assert first(answer) == 23, "10 + 1 and 10 + 2"
            assert answer["meta"]["routing"]["choose"] == 1
            paths = [(name, path) for name, path, _ in made.calls]
            assert paths[:2] == [("scale", "/transform-input"), ("choose", "/route")]
            assert sorted(paths[2:4]) == [("left", "/predict"), ("right", "/predict")]
            assert paths[4:] == [("sum", "/aggregate"), ("round", "/transform-output")]
            made.calls.clear()
            assert executor.post(FEEDBACK, {"reward": 1, "response": answer})[0] == 200
            assert sorted(name for name, _, _ in made.calls) == ["choose", "left", "right"]
            assert {path for _, path, _ in made.calls} == {"/send-feedback"}


def test_the_other_branch_is_the_programs_own_model() -> None:
    graph_answers = {**ANSWERS, "scale": lambda _, body: body, "round": lambda _, body: body}
    with units(graph_answers) as made, running(predictor(whole(made))) as executor:
        _, answer = executor.post(PREDICTIONS, number(1))
        assert answer["data"] == {"names": ["class0", "class1", "class2"], "ndarray": [[0.1, 0.9, 0.5]]}


def test_a_graph_is_read_from_a_file(tmp_path: Path) -> None:
    with units(ANSWERS) as made:
        predictors = [{"name": "other", "graph": {}}, {"name": "main", "graph": made.unit("left", "MODEL")}]
        file = tmp_path / "deployment.yaml"
        file.write_text(yaml.safe_dump({"kind": "SeldonDeployment", "spec": {"predictors": predictors}}))
        with running({}, "--file", str(file)) as executor:
            assert first(executor.post(PREDICTIONS, number(1))[1]) == 2


def test_what_is_under_way_is_answered_before_the_end() -> None:
    asked, go_on = threading.Event(), threading.Event()

    def slow(_: str, body: Any) -> Any:
        asked.set()
        assert go_on.wait(20)
        return body

    with units({"slow": slow}) as made, running(predictor(made.unit("slow", "MODEL"))) as executor:
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(executor.post, PREDICTIONS, number(7))
            assert asked.wait(20)
            executor.process.send_signal(signal.SIGTERM)
            while True:  # until nothing new is taken
                try:
                    executor.get("/live")
                except (urllib.error.URLError, ConnectionError):
                    break
            assert executor.process.poll() is None
            go_on.set()
            assert answer.result(20) == (200, number(7))
        assert executor.process.wait(20) == 0


def test_ready_says_no_while_requests_are_still_taken() -> None:
    with units(ANSWERS) as made, running(predictor(made.unit("left", "MODEL")), "--shutdown_delay=30s") as executor:
        assert executor.get("/ready") == 200
        executor.process.send_signal(signal.SIGTERM)
        while executor.get("/ready") == 200:
            pass
        assert first(executor.post(PREDICTIONS, number(1))[1]) == 2
        assert executor.get("/live") == 200


def test_the_pods_annotations_set_the_timeout(tmp_path: Path) -> None:
    go_on = threading.Event()
    file = tmp_path / "annotations"
    file.write_text('kubernetes.io/config.seen="a=b"\nseldon.io/rest-timeout="100"\n')
    with (
        units({"slow": lambda _, body: [go_on.wait(20), body][1]}) as made,
        running(predictor(made.unit("slow", "MODEL")), f"--podinfo={file}") as executor,
    ):
        status, answer = executor.post(PREDICTIONS, number(1))
        go_on.set()
        assert status == 500
        assert "within 100ms" in answer["status"]["info"]


def test_a_unit_that_is_away_is_named_and_comes_back() -> None:
    with units(ANSWERS) as made:
        graph = made.unit("left", "MODEL")
    with running(predictor(graph)) as executor:
        assert executor.get("/ready") == 503
        status, answer = executor.post(PREDICTIONS, number(1))
        assert status == 500
        assert answer["status"]["status"] == "FAILURE"
        assert 'unit "left" did not answer' in answer["status"]["info"]
        assert executor.get("/live") == 200


def test_the_program_stays_small() -> None:
    with units(ANSWERS) as made, running(predictor(whole(made))) as executor:
        for _ in range(300):
            assert executor.post(PREDICTIONS, number(1))[0] == 200
        assert executor.memory() < 25 * 1024


@pytest.mark.parametrize(
    ("graph", "sentence"),
    [
        ({"name": "m"}, r"unit \"m\" has no endpoint"),
        ({"name": "m", "type": "MODELL"}, r"the type \"MODELL\""),
        ({"name": "ab", "implementation": "RANDOM_ABTEST"}, "two children, not 0"),
        ({"name": "r", "implementation": "SIMPLE_ROUTER"}, "no child to choose"),
        ({}, "no name"),
        ([], "does not hold a predictor"),
    ],
)
def test_a_graph_that_cannot_be_served_ends_the_program(graph: Any, sentence: str) -> None:
    process = start(predictor(graph))
    assert sentence in process.communicate(timeout=20)[1]
    assert process.returncode == 1


@pytest.mark.parametrize(
    ("flag", "sentence"),
    [
        ("--protocol=odd", "none of seldon, v2 and tensorflow"),
        ("--transport=odd", "neither rest nor grpc"),
        ("--server_type=kafka", "only rpc is"),
        ("--sdep=", "--sdep is missing"),
        ("--predictor=", "--predictor is missing"),
    ],
)
def test_a_flag_that_cannot_be_ends_the_program(flag: str, sentence: str) -> None:
    process = start({}, flag)
    assert sentence in process.communicate(timeout=20)[1]
    assert process.returncode == 1
