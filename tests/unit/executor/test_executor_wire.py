"""The orchestrator's wire contracts: the committed Go code is what the .proto files give, and they are upstream's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorSet
from slipway import paths
from slipway.artifacts import toolchain
from wire_table import lines

PROTO = paths.distribution() / "images/executor/go/proto"
# Fields, numbers, kinds, values and methods of seldon-core 1.17.1's own .proto files (and TensorFlow's and Triton's
# that it has with it), as far as we speak them.
UPSTREAM = Path(__file__).parent / "upstream_wire.txt"


def test_the_contracts_are_upstreams_on_the_wire(tmp_path: Path) -> None:
    written = tmp_path / "descriptors"
    sources = sorted(str(path.relative_to(PROTO)) for path in PROTO.glob("*/*.proto"))
    command = [sys.executable, "-m", "grpc_tools.protoc", f"--proto_path={PROTO}", f"--descriptor_set_out={written}"]
    subprocess.run([*command, *sources], check=True)
    assert lines(FileDescriptorSet.FromString(written.read_bytes())) == UPSTREAM.read_text().splitlines()


def test_the_generated_go_code_is_of_these_contracts(tmp_path: Path) -> None:
    path = os.pathsep.join([str(toolchain.program().parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "PYTHON": sys.executable}
    subprocess.run([PROTO / "generate.sh", tmp_path], env=environment, check=True)
    made = {str(file.relative_to(tmp_path)): file.read_text() for file in tmp_path.glob("*/*.go")}
    assert made == {str(file.relative_to(PROTO)): file.read_text() for file in PROTO.glob("*/*.pb.go")}
    assert made
