"""TensorFlow's server: its command line, its addresses, its metrics."""

from __future__ import annotations

import pytest
from slipway_tensorflow.errors import BadStart, ServingError, code_of
from slipway_tensorflow.metrics import Metrics
from slipway_tensorflow.paths import Which, parse
from slipway_tensorflow.settings import parse as settings


def test_the_command_line_of_seldons_operator() -> None:
    read = settings(["--port=9500", "--rest_api_port=9000", "--model_name=iris", "--model_base_path=/mnt/models"], {})
    assert (read.grpc_port, read.rest_port, read.model_name, read.model_base_path) == (
        9500,
        9000,
        "iris",
        "/mnt/models",
    )
    assert read.intra_op_threads == 1


def test_the_variables_of_upstreams_image() -> None:
    read = settings([], {"MODEL_NAME": "half", "MODEL_BASE_PATH": "/data"})
    assert (read.grpc_port, read.rest_port, read.model_name, read.model_base_path) == (8500, 8501, "half", "/data/half")


@pytest.mark.parametrize(
    ("flag", "sentence"),
    [
        ("--nonsense=1", "unrecognized arguments: --nonsense=1"),
        ("--port=x", "invalid int value"),
        ("--port=70000", "must be 0 to 65535"),
        ("--rest_api_num_threads=0", "must be at least 1"),
        ("--enable_batching=true", "--enable_batching is not served"),
        ("--ssl_config_file=x", "TLS ends at the gateway"),
    ],
)
def test_a_wrong_flag_is_one_sentence(flag: str, sentence: str) -> None:
    with pytest.raises(BadStart, match=sentence) as ended:
        settings([flag], {})
    assert ended.value.exit_code == 2 and "\n" not in str(ended.value)


def test_a_server_without_a_port_is_refused() -> None:
    with pytest.raises(BadStart, match="nothing would be served"):
        settings(["--port=0", "--rest_api_port=0"], {})


@pytest.mark.parametrize(
    ("method", "path", "which", "verb"),
    [
        ("GET", "/v1/models/half", Which("half"), "status"),
        ("GET", "/v1/models/half/versions/12", Which("half", version=12), "status"),
        ("GET", "/v1/models/half/labels/stable/metadata", Which("half", label="stable"), "metadata"),
        ("POST", "/v1/models/half%2Ftwo:predict", Which("half/two"), "predict"),
        ("POST", "/V1/Models/half/versions/1:Classify", Which("half", version=1), "classify"),
        ("POST", "/v1/models/half/labels/stable:regress", Which("half", label="stable"), "regress"),
    ],
)
def test_addresses_of_the_rest_api(method: str, path: str, which: Which, verb: str) -> None:
    assert parse(method, path) == (which, verb)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/v1/models", 400),
        ("GET", "/v1/models/half:predict", 400),
        ("POST", "/v1/models/half", 400),
        ("POST", "/v1/models/half/versions/x:predict", 400),
        ("PUT", "/v1/models/half:predict", 400),
        ("GET", f"/v1/models/half/versions/{2**63}", 400),
    ],
)
def test_addresses_that_are_none(method: str, path: str, status: int) -> None:
    with pytest.raises(ServingError) as refused:
        parse(method, path)
    assert refused.value.http_status == status


def test_codes_have_the_statuses_of_upstream() -> None:
    statuses = {
        code: ServingError(code, "").http_status for code in ("NOT_FOUND", "UNAVAILABLE", "FAILED_PRECONDITION")
    }
    assert statuses == {"NOT_FOUND": 404, "UNAVAILABLE": 503, "FAILED_PRECONDITION": 400}
    assert (code_of(3), code_of(99)) == ("INVALID_ARGUMENT", "UNKNOWN")


def test_metrics_of_requests() -> None:
    metrics = Metrics()
    metrics.record('a"b', "Predict", "REST", "OK", 0.001)
    metrics.record('a"b', "Predict", "REST", "INVALID_ARGUMENT", 0.001)
    page = metrics.text().splitlines()
    assert ':tensorflow:serving:request_count{model_name="a\\"b",status="OK"} 1' in page
    labels = 'model_name="a\\"b",API="Predict",entrypoint="REST"'
    assert f":tensorflow:serving:request_latency_count{{{labels}}} 1" in page
    assert f":tensorflow:serving:request_latency_sum{{{labels}}} 1000" in page
    assert f':tensorflow:serving:request_latency_bucket{{{labels},le="10"}} 0' in page
