"""Names: upstream's, and a hash where they are too long."""

from slipway_seldon import names


def test_short_names_are_spelled_out() -> None:
    assert (
        names.deployment("mnist", "default", 0, "", ["classifier", "sidecar"]) == "mnist-default-0-classifier-sidecar"
    )
    assert names.deployment("mnist", "default", 0, "pod", ["classifier"]) == "mnist-default-0-pod"
    assert names.predictor_service("mnist", "default") == "mnist-default"
    assert names.container_service("mnist", "default", "classifier") == "mnist-default-classifier"
    assert names.mapping("ns", "mnist", "default") == "seldon-ns-mnist-default-rest"


def test_names_of_63_characters_stay() -> None:
    assert names.predictor_service("a" * 31, "b" * 31) == "a" * 31 + "-" + "b" * 31


def test_names_over_63_characters_become_a_hash() -> None:
    # md5 of "<31 a>-<32 b>", as upstream makes it.
    name = names.predictor_service("a" * 31, "b" * 32)
    assert name == "seldon-6fc7db1a20f35e88d25392ce40dfd7c3"
    assert names.predictor_service("a" * 31, "b" * 33) != name


def test_the_two_kinds_of_mapping_never_share_a_name() -> None:
    # "a" + "b-c" and "a-b" + "c" are one name in upstream's scheme; the short form must not add to that.
    assert names.short_mapping("w", "m", "p") not in {names.mapping("w", "m", "p"), names.mapping("w", "w-m", "p")}


def test_service_names_begin_with_a_letter() -> None:
    assert names.is_service_name("a1")
    assert not names.is_service_name("1a")
    assert not names.is_service_name("a-")
    assert not names.is_service_name("a" * 64)
    assert names.is_dns_label("1a")
