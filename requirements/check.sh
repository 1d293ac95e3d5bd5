#!/bin/sh
# What must be there before `make` can do anything else, checked in its first second: README, Requirements.
# usage: check.sh PYTHON
python=$1

refuse() {
  echo "✗ $1" >&2
  echo "  → $2" >&2
  exit 2
}
debian='apt-get install --no-install-recommends ca-certificates git make python3 python3-venv'

[ "$(uname -s)" = Linux ] || refuse "this is $(uname -s): Slipway runs on Linux" "use a Linux machine"
command -v "$python" >/dev/null || refuse "$python is not there" "as root: $debian (or: make PYTHON=/path/to/python3)"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
  refuse "$("$python" --version 2>&1) is too old: 3.11 is the oldest that will do" "make PYTHON=/path/to/python3.11"
"$python" -c 'import ensurepip, ssl, venv' 2>/dev/null ||
  refuse "$python lacks the modules venv, ensurepip or ssl" "Debian's is completed by: apt-get install python3-venv"
