"""What the API server says of a webhook: not there yet, or really no."""

from __future__ import annotations

import pytest
from slipway.kube import ApiError
from slipway.readiness.kinds.dry_run import starting

CALL = 'failed calling webhook "validator.tfjob.training-operator.kubeflow.org": failed to call webhook: Post "…": '


@pytest.mark.parametrize(
    "cause",
    [
        "dial tcp 10.96.1.2:443: connect: connection refused",
        "tls: failed to verify certificate: x509: certificate signed by unknown authority",
        'no endpoints available for service "training-operator"',
        "context deadline exceeded",
        "EOF",
    ],
)
def test_a_webhook_that_starts_is_waited_for(cause: str) -> None:
    assert starting(ApiError(CALL + cause, status=500))


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (
            403,
            'admission webhook "validator.tfjob…" denied the request: must have at least one container with name x509',
        ),
        (404, CALL + "the server could not find the requested resource"),
        (500, "etcdserver: connection refused"),
        (500, CALL + 'service "training-operator" not found'),
    ],
)
def test_any_other_answer_is_an_answer(status: int, message: str) -> None:
    assert not starting(ApiError(message, status=status))
