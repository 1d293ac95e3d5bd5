"""Small pure parts: quantities, labels, options."""

from __future__ import annotations

import pytest
from slipway.kube.quantity import amount
from slipway.smoke import SmokeOptions, names
from slipway.smoke.results import Dataset
from slipway.smoke.steps import epochs, predict


@pytest.mark.parametrize(
    ("text", "value"), [("2", 2), ("1930m", 1.93), ("24676432Ki", 24676432 * 1024), ("24Gi", 24 * 2**30), ("8G", 8e9)]
)
def test_quantities_of_nodes(text: str, value: float) -> None:
    assert float(amount(text)) == pytest.approx(value)


def test_a_run_can_be_a_label_and_a_tag() -> None:
    assert names.new_run().replace("-", "").isdigit()
    assert len(names.new_run()) == 15


def test_the_paths() -> None:
    full = "http://g:1/seldon/lab/mnist/api/v1.0/predictions"
    assert predict.paths("http://g:1", "lab", short=True) == ("http://g:1/seldon/mnist/api/v0.1/predictions", full)
    assert predict.paths("http://g:1", "lab", short=False) == (full,)


@pytest.mark.parametrize(
    ("options", "size", "trial", "training"),
    [
        (SmokeOptions(), 1438, 5, 16),
        (SmokeOptions(), 60000, 1, 3),
        (SmokeOptions(epochs=2, train_epochs=7), 60000, 2, 7),
    ],
)
def test_a_small_data_set_is_seen_more_often(options: SmokeOptions, size: int, trial: int, training: int) -> None:
    data = Dataset("digits", "", size, 300)
    assert (epochs.of_trial(options, data), epochs.of_training(options, data)) == (trial, training)
