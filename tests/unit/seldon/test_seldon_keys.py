"""Which SeldonDeployment an event concerns."""

from slipway_controller.queue import Key
from slipway_seldon.operator import key_of

MNIST = Key("SeldonDeployment", "w", "mnist")


def test_by_owner_by_label_or_not_at_all() -> None:
    owner = {"apiVersion": "machinelearning.seldon.io/v1", "kind": "SeldonDeployment", "name": "mnist"}
    assert key_of({"metadata": {"namespace": "w", "ownerReferences": [owner]}}) == MNIST
    assert key_of({"metadata": {"namespace": "w", "labels": {"seldon-deployment-id": "mnist"}}}) == Key(
        "SeldonDeployment", "w", "mnist"
    )
    other = {**owner, "apiVersion": "example.com/v1"}
    assert key_of({"metadata": {"namespace": "w", "ownerReferences": [other]}}) is None
    assert key_of({"metadata": {}}) is None
