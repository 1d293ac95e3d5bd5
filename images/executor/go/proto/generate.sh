#!/bin/sh
# Writes the Go code of the .proto files here into the folder $1 (default: beside them).
# protoc comes with grpcio-tools of the interpreter $PYTHON; its two plugins are `tool`s of this module's go.mod.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$(cd "${1:-$here}" && pwd)
plugins=$(mktemp -d)
trap 'rm -rf "$plugins"' EXIT
(cd "$here" && GOBIN="$plugins" go install tool)
cd "$here"
"${PYTHON:-python3}" -m grpc_tools.protoc --proto_path=. \
  --plugin=protoc-gen-go="$plugins/protoc-gen-go" --go_out="$out" --go_opt=paths=source_relative \
  --plugin=protoc-gen-go-grpc="$plugins/protoc-gen-go-grpc" --go-grpc_out="$out" --go-grpc_opt=paths=source_relative \
  ./*/*.proto
