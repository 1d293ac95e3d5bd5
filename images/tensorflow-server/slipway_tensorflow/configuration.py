"""Which models are served: one of the command line, or those of a ModelServerConfig in text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from slipway_tensorflow.errors import BadStart
from slipway_tensorflow.settings import Settings
from slipway_tensorflow.versions import ModelConfig, Policy


def read(settings: Settings) -> list[ModelConfig]:
    """Raises BadStart where the file cannot be read or says what is not served."""
    if not settings.config_file:
        return [ModelConfig(settings.model_name, settings.model_base_path)]
    try:
        text = Path(settings.config_file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadStart(f"--model_config_file cannot be read: {error}") from error
    return parse(text, settings.config_file)


def parse(text: str, file: str) -> list[ModelConfig]:
    """The models of a ModelServerConfig; ``file`` is for messages."""
    try:
        message = text_format.Parse(text, model_server_config_pb2.ModelServerConfig())
    except text_format.ParseError as error:
        raise BadStart(f"{file} is no ModelServerConfig in text: {error}") from error
    if message.WhichOneof("config") != "model_config_list":
        raise BadStart(f"{file} has no model_config_list, which is what is served.")
    return configs(message, file)


def configs(message: Any, source: str) -> list[ModelConfig]:
    """The same of a message that is read already."""
    found = [_config(one, source) for one in message.model_config_list.config]
    names = [one.name for one in found]
    if not found or len(set(names)) != len(names):
        raise BadStart(f"{source} must list models, each name once; it lists {', '.join(names) or 'none'}.")
    return found


def _config(one: Any, source: str) -> ModelConfig:
    if not one.name or not one.base_path:
        raise BadStart(f"{source}: a model needs name and base_path.")
    if one.model_platform not in ("", "tensorflow"):
        raise BadStart(f"{source}: {one.name} is of platform {one.model_platform!r}; tensorflow is served.")
    return ModelConfig(one.name, one.base_path, _policy(one.model_version_policy), dict(one.version_labels))


def _policy(message: Any) -> Policy:
    kind = message.WhichOneof("policy_choice")
    if kind == "all":
        return Policy("all")
    if kind == "specific":
        return Policy("specific", numbers=frozenset(message.specific.versions))
    return Policy("latest", count=max(message.latest.num_versions, 1))
