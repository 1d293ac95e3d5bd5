"""The schema as the one source: defaults, explanations, editors' schema, origins, renamed keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from slipway import paths
from slipway.catalog import load_catalog
from slipway.config.editor import editor_schema, template
from slipway.config.explain import explain
from slipway.config.layers import from_environment, from_set
from slipway.config.load import parse_text
from slipway.config.model import Config
from slipway.config.origins import Entry, entries
from slipway.config.show import as_yaml
from slipway.config.tree import find, leaves
from slipway.documents.document import Document, parse
from slipway.documents.validate import check, load_schema
from slipway.errors import BadInput
from slipway.node import NodeConfig
from slipway.smoke.options import SmokeOptions

SCHEMA = load_schema("slipway.config")
COMPONENTS = load_catalog(paths.distribution(), "embedded").components


def test_defaults_of_the_schema_are_those_of_the_code() -> None:
    config, node, smoke = Config(), asdict(NodeConfig()), asdict(SmokeOptions())
    real: dict[str, Any] = {
        "overlay": config.overlay,
        "project.namespace": config.project,
        "timeouts.uninstall": config.uninstall_timeout,
        **{f"node.{key}": value for key, value in node.items()},
        **{f"smoke.{key}": value for key, value in smoke.items()},
    }
    said = {".".join(path): node["default"] for path, node in leaves(SCHEMA) if "default" in node}
    compared = {key for key in said if not key.startswith(("components.", "artifacts.", "images."))}
    assert len(compared) > 15
    for key in compared:
        assert type(said[key])(real[key]) == said[key], key


def test_the_template_is_a_valid_configuration() -> None:
    text = template(SCHEMA, "ci")
    assert parse_text(text).overlay == "ci"
    # Also with everything that has a default taken out of its comment.
    lines = [line.removeprefix("# ") for line in text.splitlines() if line.startswith("#   ") or line.endswith(":")]
    uncommented = [line for line in lines if line.endswith(":") or ": " in line.partition("#")[0]]
    value = yaml.safe_load("\n".join(uncommented))
    filled = {key: {k: v for k, v in (inner or {}).items() if v is not None} for key, inner in value.items()}
    assert filled["smoke"]["trials"] == SmokeOptions().trials
    assert parse_text(yaml.safe_dump(filled)).node["name"] == "slipway"


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("", "smoke: the smoke test"),
        ("smoke.trials", "default: 6"),
        ("smoke", "trials: trials of the search"),
        ("components.argo.timeout", "type: integer, 1…7200"),
        ("components.argo.settings", "requeue_time: "),
        ("components.argo.settings.requeue_time", "set it: --set components.argo.settings.requeue_time=…"),
    ],
)
def test_keys_are_explained(key: str, says: str) -> None:
    assert says in explain(key, SCHEMA, COMPONENTS)


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("smoke.trails", "smoke.trials"),
        ("components.agro.timeout", "argo"),
        ("components.argo.settings.requeu_time", "requeue_time"),
    ],
)
def test_keys_that_do_not_exist_are_named_with_what_may_be_meant(key: str, hint: str) -> None:
    with pytest.raises(BadInput, match=f"did you mean '{hint}'"):
        explain(key, SCHEMA, COMPONENTS)


def test_every_key_can_be_explained_and_found() -> None:
    paths_ = [path for path, _ in leaves(SCHEMA)]
    assert len(paths_) > 30
    for path in paths_:
        assert find(SCHEMA, path) is not None
        assert explain(".".join(path), SCHEMA, COMPONENTS).startswith(".".join(path))


def test_editors_know_the_components_and_their_settings() -> None:
    schema = editor_schema(SCHEMA, COMPONENTS)
    Draft202012Validator.check_schema(schema)
    valid = Draft202012Validator(schema).is_valid
    assert valid({"components": {"argo": {"settings": {"requeue_time": "5s"}}}})
    assert not valid({"components": {"agro": {}}})
    assert not valid({"components": {"argo": {"settings": {"requeue": "5s"}}}})
    assert "agro" not in str(SCHEMA)
    assert SCHEMA["properties"]["components"].get("additionalProperties"), "the source must not be changed"


def test_the_layer_that_said_it_last_is_the_origin() -> None:
    layers = [
        parse("smoke: {trials: 3, seed: 1}\n", "slipway.yaml"),
        parse("smoke: {trials: 4}\n", "--set smoke.trials"),
    ]
    argo = {"argo": COMPONENTS["argo"]}
    found = {e.path: e for e in entries(SCHEMA, layers, argo, {"argo": ("argo/settings.env", {"requeue_time": "2s"})})}
    assert found["smoke", "trials"] == Entry(("smoke", "trials"), 4, "--set smoke.trials:1")
    assert found["smoke", "seed"].origin == "slipway.yaml:1"
    assert found["smoke", "batch"] == Entry(("smoke", "batch"), 128, "default")
    requeue = found["components", "argo", "settings", "requeue_time"]
    assert (requeue.value, requeue.origin) == ("2s", "argo/settings.env")


def test_what_is_shown_is_a_valid_configuration_that_says_the_same() -> None:
    layers = [parse("smoke: {trials: 3}\ncomponents: {argo: {timeout: 60}}\n", "slipway.yaml")]
    text = as_yaml(entries(SCHEMA, layers, COMPONENTS, {}), origin=False)
    config = parse_text(text)
    assert config.smoke["trials"] == 3
    assert config.timeout("argo", 180) == 60
    assert set(config.components) == set(COMPONENTS)


RENAMED = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "timeouts": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"component": {"type": "integer"}},
            "x-renamed": {"each": "timeouts.component"},
        }
    },
    "x-renamed": {"deadlines": "timeouts"},
}


@pytest.mark.parametrize(
    ("document", "told"),
    [
        (parse("\ndeadlines: {}\n", "slipway.yaml"), "slipway.yaml:2: deadlines: is called 'timeouts' now"),
        (
            parse("timeouts:\n  each: 5\n", "slipway.yaml"),
            "slipway.yaml:2: timeouts.each: is called 'timeouts.component' now",
        ),
        (from_set("timeouts.each=5"), "--set timeouts.each: timeouts.each: is called 'timeouts.component' now"),
        (
            from_environment({"SLIPWAY_TIMEOUTS__EACH": "5"}, RENAMED)[0],
            "SLIPWAY_TIMEOUTS__EACH: timeouts.each: is called 'timeouts.component' now",
        ),
    ],
)
def test_an_old_key_is_refused_with_its_new_name_in_every_layer(document: Document, told: str) -> None:
    (problem,) = check(document, RENAMED)
    assert str(problem) == told


def test_an_old_key_is_explained_by_its_new_name() -> None:
    for key, new in (("deadlines", "timeouts"), ("deadlines.x", "timeouts"), ("timeouts.each", "timeouts.component")):
        with pytest.raises(BadInput, match=f"is called '{new}' now"):
            explain(key, RENAMED, {})


def test_new_names_of_the_schema_exist() -> None:
    def old(node: Mapping[str, Any]) -> Iterator[str]:
        yield from (node.get("x-renamed") or {}).values()
        for child in (node.get("properties") or {}).values():
            yield from old(child)

    assert [new for new in old(SCHEMA) if find(SCHEMA, tuple(new.split("."))) is None] == []
    assert list(old(RENAMED)) == ["timeouts", "timeouts.component"]


def test_every_setting_and_section_can_be_explained() -> None:
    for name, component in COMPONENTS.items():
        assert explain(f"components.{name}", SCHEMA, COMPONENTS).startswith(f"components.{name}")
        for setting in component.settings:
            key = f"components.{name}.settings.{setting.name}"
            assert setting.description in explain(key, SCHEMA, COMPONENTS)
    for section in SCHEMA["properties"]:
        assert explain(f"{section}.", SCHEMA, COMPONENTS).splitlines()[0] == section
    assert COMPONENTS["argo"].description in explain("components", SCHEMA, COMPONENTS)
