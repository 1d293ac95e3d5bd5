"""Every fault of a configuration is told with its file, line and key."""

from __future__ import annotations

from pathlib import Path

import pytest
from slipway.config.layers import from_set
from slipway.config.load import load, located, parse_text
from slipway.documents.document import parse
from slipway.errors import EXIT_BAD_INPUT, BadInput


def faults(text: str) -> tuple[str, ...]:
    with pytest.raises(BadInput) as caught:
        parse_text(text)
    assert caught.value.exit_code == EXIT_BAD_INPUT
    return caught.value.details


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("overlay: embedded\ncomponets: {}\n", "slipway.yaml:2: componets: unknown key (did you mean 'components'?)"),
        (
            "components:\n  argo:\n    timout: 5\n",
            "slipway.yaml:3: components.argo.timout: unknown key (did you mean 'timeout'?)",
        ),
        (
            "components:\n  argo:\n    timeout: soon\n",
            "slipway.yaml:3: components.argo.timeout: must be a whole number, not 'soon'",
        ),
        (
            "components:\n  argo:\n    timeout: 0\n",
            "slipway.yaml:3: components.argo.timeout: 0 is out of range (1 to 7200)",
        ),
        ("components:\n- argo\n", "slipway.yaml:1: components: must be a mapping, not a list"),
        ("project: {namespace: A_b}\n", "slipway.yaml:1: project.namespace: 'A_b' is not valid"),
        ("smoke:\n  data: minst\n", "slipway.yaml:2: smoke.data: 'minst' is not possible (did you mean 'mnist'?)"),
        ("smoke:\n  min_accuracy: 1.5\n", "slipway.yaml:2: smoke.min_accuracy: 1.5 is out of range (0 to 1)"),
        ("overlay: a\noverlay: b\n", "slipway.yaml:2: overlay: stands twice (first in line 1)"),
        ("overlay: [a\n", "slipway.yaml:2: not valid YAML"),
        ("a: &x 1\nb: *x\n", "slipway.yaml:2: aliases (*x) are not supported"),
        ("1: 2\n", "slipway.yaml:1: 1: keys must be text"),
        ("overlay: ci\nsmoke: {trials: !!int x}\n", "slipway.yaml:2: tags (!!int) are not supported"),
        ("\n- !!python/object:os.system x\n", "slipway.yaml:2: tags (!!python/object:os.system) are not supported"),
        ("\nsmoke: {trials: " + 5000 * "9" + "}\n", "slipway.yaml:2: not valid YAML: Exceeds the limit"),
        ("smoke: {trials: 3.0}\n", "slipway.yaml:1: smoke.trials: must be a whole number, not 3.0"),
        ("\noverlay: \x07\n", "slipway.yaml:2: not valid YAML: unacceptable character"),
        ("smoke:\n\ttrials: 3\n", "slipway.yaml:2: not valid YAML"),
        ("\na: " + 20000 * "[", "slipway.yaml:2: nested too deeply: more than 32 levels"),
        ("#" * (1024 * 1024 + 1), "slipway.yaml:1: larger than 1024 KiB"),
        ("node: {address: 999.1.1.1}\n", "slipway.yaml:1: node.address: '999.1.1.1' is not valid"),
        ("node: {pod_cidr: 10.244.0.0/33}\n", "slipway.yaml:1: node.pod_cidr: '10.244.0.0/33' is not valid"),
        ("smoke: {gateway: 'http://[::1'}\n", "slipway.yaml:1: smoke.gateway: 'http://[::1' is not valid"),
        ("just words\n", "slipway.yaml:1: must be a mapping, not 'just words'"),
        ("smoke: {min_accuracy: .nan}\n", "slipway.yaml:1: smoke.min_accuracy: must be a finite number"),
    ],
)
def test_a_fault_is_told_with_line_and_key(text: str, expected: str) -> None:
    found = faults(text)
    assert found[0].startswith(expected)


def test_all_faults_are_told_at_once_in_the_order_of_the_file() -> None:
    found = faults("overlai: x\nproject:\n  namespace: 5\ncomponents:\n  argo:\n    enabled: perhaps\n")
    assert [line.split(":")[1] for line in found] == ["1", "3", "6"]


def test_an_empty_file_is_a_configuration() -> None:
    assert parse_text("").overlay == "embedded"


def test_a_file_that_is_not_there_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        load(tmp_path, tmp_path / "missing.yaml", environment={})


def test_a_file_that_is_not_text_is_told_with_the_line_of_the_first_such_byte(tmp_path: Path) -> None:
    (tmp_path / "slipway.yaml").write_bytes(b"overlay: ci\nx: \xff\xfe\x00")
    with pytest.raises(BadInput) as caught:
        load(tmp_path, tmp_path / "slipway.yaml", environment={})
    assert caught.value.details[0].endswith("slipway.yaml:2: not UTF-8: byte 0xff")


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "slipway.yaml").write_bytes(b"\xef\xbb\xbfoverlay: ci\n")
    assert load(tmp_path, tmp_path / "slipway.yaml", environment={})[0].overlay == "ci"


def test_what_the_catalog_finds_wrong_is_told_with_the_line_that_said_it() -> None:
    layers = [
        parse("overlay: a\ncomponents:\n  argo:\n    version: '9'\n", "slipway.yaml"),
        from_set("components.argo.version='8'"),
    ]
    error = located(BadInput("faults", "overlay", "look", ("components.argo.version: no version 8", "other")), layers)
    assert error.where == "slipway.yaml:1: overlay"
    assert error.details == ("--set components.argo.version: components.argo.version: no version 8", "other")
    assert (error.what, error.remedy) == ("faults", "look")
