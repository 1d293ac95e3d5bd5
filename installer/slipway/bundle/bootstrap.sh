#!/bin/sh
# Gets Slipway from a bundle onto a machine without a network.
#
#   tar -xf FILE slipway-bundle/bootstrap.sh
#   sh slipway-bundle/bootstrap.sh FILE [DIRECTORY]
#
# DIRECTORY (default: /opt/slipway) is made new; afterwards: DIRECTORY/bin/slipway up --bundle FILE
set -eu

if [ $# -lt 1 ] || [ $# -gt 2 ] || [ ! -f "$1" ]; then
  echo "usage: sh bootstrap.sh FILE [DIRECTORY]" >&2
  exit 2
fi
bundle=$(readlink -f "$1")
home=${2:-/opt/slipway}
new=$home.new
rm -rf "$new"
mkdir -p "$new"
trap 'rm -rf "$new"' EXIT

tar -xf "$bundle" -C "$new" --strip-components=1 --no-same-owner --exclude='slipway-bundle/blobs'
# Blobs are checked when they are used.
(cd "$new" && grep -v '  blobs/' SHA256SUMS | sha256sum --quiet --strict --check -) || {
  echo "the bundle is damaged: see above" >&2
  exit 1
}
wanted=$(sed -n 's/.*"python": "\([0-9.]*\)".*/\1/p' "$new/bundle.json")

python_works() {
  [ "$(python3 -c 'import sys, ensurepip; print("%d.%d" % sys.version_info[:2])' 2>&1)" = "$wanted" ]
}

if ! python_works; then
  echo "installing python3 and python3-venv"
  apt="$new/.apt"
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
  echo "deb [trusted=yes] file:$new/packages ./" >"$apt/sources.list"
  set -- -q -o Dir::State::lists="$apt/lists" -o Dir::Cache="$apt/cache" -o Dir::Etc::SourceList="$apt/sources.list" \
    -o Dir::Etc::SourceParts=- -o APT::Sandbox::User=root -o Acquire::Languages=none
  log="$apt/log"
  export DEBIAN_FRONTEND=noninteractive
  if ! { apt-get "$@" update && apt-get "$@" install -y --no-install-recommends python3 python3-venv; } >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    echo "Python could not be installed: run this as root, on Debian of the bundle's release" >&2
    exit 1
  fi
fi
if ! python_works; then
  echo "this bundle's wheels are for Python $wanted, and python3 here is: $(python3 --version 2>&1)" >&2
  exit 1
fi

rm -rf "$home.old"
if [ -e "$home" ]; then mv "$home" "$home.old"; fi
mkdir -p "$home/bin"
mv "$new/distribution" "$home/distribution"
python3 -m venv "$home/venv"
pip() { "$home/venv/bin/python" -m pip --isolated --disable-pip-version-check install --quiet --no-index "$@"; }
pip --find-links "$new/wheels" --require-hashes -r "$new/wheels/requirements.txt"
# Its hash was compared above.
pip --no-deps "$new"/wheels/slipway_platform-*.whl
cat >"$home/bin/slipway" <<EOF
#!/bin/sh
SLIPWAY_HOME=\${SLIPWAY_HOME:-$home/distribution} exec "$home/venv/bin/slipway" "\$@"
EOF
chmod 755 "$home/bin/slipway"
rm -rf "$home.old"
echo "$("$home/bin/slipway" --version) is in $home"
echo "→ $home/bin/slipway up --bundle $bundle"
