"""The command line, as tensorflow_model_server's. Pure."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from slipway_tensorflow.errors import BadStart

#: Upstream's flags that change what is served and are not served here.
REFUSED = {
    "enable_batching": "requests are not joined into batches here; let clients send several instances in one request",
    "batching_parameters_file": "requests are not joined into batches here",
    "ssl_config_file": "TLS ends at the gateway",
    "monitoring_config_file": "metrics are at /monitoring/prometheus/metrics always",
}


@dataclass(frozen=True)
class Settings:
    """``grpc_port``/``rest_port``: 0 for none. Seconds and counts as upstream's flags of these names."""

    grpc_port: int
    rest_port: int
    model_name: str
    model_base_path: str
    config_file: str
    config_poll_seconds: float
    poll_seconds: float
    threads: int
    intra_op_threads: int


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise BadStart(f"tensorflow_model_server: {message}.", 2)


def parse(arguments: Sequence[str], environ: Mapping[str, str]) -> Settings:
    """Raises BadStart (exit code 2) with one sentence. MODEL_NAME and MODEL_BASE_PATH as in upstream's image."""
    for argument in arguments:
        name = argument.lstrip("-").partition("=")[0]
        if argument.startswith("-") and name in REFUSED:
            raise BadStart(f"tensorflow_model_server: --{name} is not served: {REFUSED[name]}.", 2)
    name = environ.get("MODEL_NAME", "model")
    parser = _Parser(prog="tensorflow_model_server", allow_abbrev=False, description=__doc__)
    add = parser.add_argument
    add("--port", type=int, default=8500, help="of gRPC; 0: none")
    add("--rest_api_port", type=int, default=8501, help="of the REST API; 0: none")
    add("--model_name", default=name)
    add("--model_base_path", default=f"{environ.get('MODEL_BASE_PATH', '/models')}/{name}")
    add("--model_config_file", default="", help="a ModelServerConfig as text, instead of the two above")
    add("--model_config_file_poll_wait_seconds", type=float, default=0, help="0: it is read once")
    add("--file_system_poll_wait_seconds", type=float, default=1, help="how often new versions are looked for; 0: once")
    add("--rest_api_num_threads", type=int, default=8, help="how many requests are computed at once")
    add("--tensorflow_intra_op_parallelism", type=int, default=1, help="threads of one operation")
    read = parser.parse_args(list(arguments))
    for flag in ("port", "rest_api_port"):
        if not 0 <= getattr(read, flag) <= 65535:
            raise BadStart(f"tensorflow_model_server: --{flag} is {getattr(read, flag)}, and must be 0 to 65535.", 2)
    if not read.port and not read.rest_api_port:
        raise BadStart("tensorflow_model_server: --port and --rest_api_port are both 0: nothing would be served.", 2)
    for flag in ("rest_api_num_threads", "tensorflow_intra_op_parallelism"):
        if getattr(read, flag) < 1:
            raise BadStart(f"tensorflow_model_server: --{flag} is {getattr(read, flag)}, and must be at least 1.", 2)
    return Settings(
        grpc_port=read.port,
        rest_port=read.rest_api_port,
        model_name=read.model_name,
        model_base_path=read.model_base_path,
        config_file=read.model_config_file,
        config_poll_seconds=read.model_config_file_poll_wait_seconds,
        poll_seconds=read.file_system_poll_wait_seconds,
        threads=read.rest_api_num_threads,
        intra_op_threads=read.tensorflow_intra_op_parallelism,
    )
