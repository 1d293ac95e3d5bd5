"""What a build does now, from excerpts of real logs."""

from __future__ import annotations

import pytest
from slipway.artifacts.doing import bootstrap, dockerfile, gobuild

LIST = "$ /usr/local/go/bin/go list -deps -f {{if .Stale}}to compile: {{.ImportPath}}{{end}} -mod=readonly ./helm\n"
BUILD = "$ /usr/local/go/bin/go build -v -mod=readonly -trimpath -ldflags -s -w -o /cache/tmp/binary-x/out/{} ./cmd\n"
THREE = "to compile: unicode/utf8\nto compile: golang.org/x/net/http2\nto compile: helm.sh/helm/v3/cmd/helm\n"
DOWNLOADS = "go: downloading k8s.io/api v0.34.4\ngo: downloading github.com/lib/pq v1.10.9\n"
GO = [
    ("", "", None),
    (LIST, "finding out what there is to compile", None),
    (LIST + DOWNLOADS, "downloading modules: 2 so far, now github.com/lib/pq v1.10.9", None),
    ("$ /usr/bin/go mod vendor -e\n" + DOWNLOADS, "downloading modules: 2 so far, now github.com/lib/pq v1.10.9", None),
    ("$ /usr/bin/go mod vendor -e\n", "collecting the modules", None),
    (LIST + THREE + BUILD.format("helm"), "compiling helm", 0.0),
    (
        LIST + DOWNLOADS + THREE + BUILD.format("helm") + "unicode/utf8\ngolang.org/x/net/http2\n",
        "compiling helm: package 2 of 3, now golang.org/x/net/http2",
        0.6,
    ),
    (
        LIST + THREE + BUILD.format("helm") + "unicode/utf8\ngolang.org/x/net/http2\nhelm.sh/helm/v3/cmd/helm\n",
        "linking helm",
        0.9,
    ),
    # Another binary of the same module has little left to compile.
    (
        LIST + THREE + BUILD.format("argo") + "a/b\na/c\na/d\n" + LIST + "to compile: a/e\n" + BUILD.format("argoexec"),
        "compiling argoexec",
        0.675,
    ),
    # All is in Go's cache but the program itself.
    (LIST + "to compile: main\n" + BUILD.format("pause"), "compiling pause", 0.0),
    (BUILD.format("x") + "internal/abi\n", "compiling x: 1 packages so far, now internal/abi", None),
    # What is said of a package is none.
    (LIST + THREE + BUILD.format("helm") + "# k8s.io/api\nx.go:3:5: undefined: y\n", "compiling helm", 0.0),
]


@pytest.mark.parametrize(("log", "text", "part"), GO)
def test_go(log: str, text: str, part: float | None) -> None:
    found = gobuild.doing(log)
    assert found.text == text
    assert found.part == (None if part is None else pytest.approx(part))


PULL = "$ buildah --root=/c/storage --storage-driver=overlay pull --signature-policy=/c/policy.json oci:base-1\n"
BUD = "$ buildah --root=/c/storage --storage-driver=overlay bud --signature-policy=/c/policy.json --isolation=chroot\n"
PUSH = "$ buildah --root=/c/storage --storage-driver=overlay push --signature-policy=/c/policy.json --quiet\n"
ARG = "[1/2] STEP 13/17: ARG SSL_CERT_FILE=/usr/lib/slipway-build/ca.pem\n"
RUN = "[1/2] STEP 16/17: RUN --mount=type=cache,target=/root/.cache/pip     python3 -m venv /opt/venv &&     /opt/x\n"
PLAIN_RUN = "STEP 14/25: RUN apt-get update     && apt-get install -y --no-install-recommends docker-registry\n"
STAGE = "step 16 of 17 of stage 1 of 2"
PIP = """Collecting alembic==1.20.1
  Downloading alembic-1.20.1-py3-none-any.whl (270 kB)
     ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 270.4/270.4 kB 38.8 MB/s eta 0:00:00
"""
APT = """Get:4 http://mirror.example.org/debian bookworm/main amd64 Packages [8790 kB]
Fetched 9420 kB in 3s (3413 kB/s)
Reading package lists...
Building dependency tree...
0 upgraded, 2 newly installed, 0 to remove and 0 not upgraded.
Need to get 4955 kB of archives.
After this operation, 20.8 MB of additional disk space will be used.
"""
GOT = "Get:1 http://mirror.example.org/debian bookworm/main amd64 docker-registry amd64 2.8.2+ds1-1 [4955 kB]\n"
IMAGES = [
    (PULL, "taking the base image"),
    (BUD, ""),
    (BUD + ARG, "step 13 of 17 of stage 1 of 2: ARG SSL_CERT_FILE=/usr/lib/slipway-build/ca.pem"),
    (BUD + ARG + RUN, f"{STAGE}: RUN python3 -m venv /opt/venv && /opt/x"),
    (BUD + RUN + PIP, f"{STAGE}: pip: downloading alembic==1.20.1"),
    (BUD + RUN + PIP + "Collecting anyio==4.16.0\n", f"{STAGE}: pip: downloading anyio==4.16.0 (package 2)"),
    (BUD + RUN + PIP + "Installing collected packages: a, b-c, d\n", f"{STAGE}: pip: installing 3 packages"),
    (BUD + RUN + "Successfully installed anyio-4.16.0 attrs-26.1.0\n", f"{STAGE}: pip: installed 2 packages"),
    (BUD + RUN + "Resolved 7 packages in 378ms\n", f"{STAGE}: uv: downloading 7 packages"),
    (BUD + RUN + "Downloading tensorflow (248.0MiB)\n", f"{STAGE}: uv: downloading tensorflow (248.0MiB)"),
    (BUD + RUN + "Downloading numpy (16.1MiB)\n Downloaded numpy\n", f"{STAGE}: uv: downloaded numpy"),
    (BUD + RUN + "Prepared 7 packages in 3.31s\n", f"{STAGE}: uv: installing 7 packages"),
    (BUD + RUN + "Installed 7 packages in 345ms\n + idna==3.20\n", f"{STAGE}: uv: installed 7 packages"),
    (BUD + RUN + "\nadded 38 packages in 4s\n", f"{STAGE}: npm: installed 38 packages"),
    (BUD + PLAIN_RUN + APT[:120], "step 14 of 25: apt: reading package lists"),
    (BUD + PLAIN_RUN + APT, "step 14 of 25: apt: downloading 4955 kB"),
    (BUD + PLAIN_RUN + APT + GOT, "step 14 of 25: apt: downloading docker-registry"),
    (BUD + PLAIN_RUN + APT + "Unpacking libfoo:amd64 (2.8) ...\n", "step 14 of 25: apt: unpacking libfoo (1 of 2)"),
    (BUD + PLAIN_RUN + APT + "Setting up libfoo:amd64 (2.8) ...\n", "step 14 of 25: apt: setting up libfoo"),
    # A later step does something else than the package manager before it.
    (BUD + RUN + PIP + "[2/2] STEP 26/26: USER 65532\n", "step 26 of 26 of stage 2 of 2: USER 65532"),
    (
        BUD + RUN + "[2/2] STEP 25/25: LABEL \"a\"=\"b\"\n[2/2] COMMIT localhost/slipway-build/hub:1\nGetting image\n",
        "step 25 of 25 of stage 2 of 2: writing the layer",
    ),
    (BUD + RUN + PUSH, "writing the image"),
]  # fmt: skip


@pytest.mark.parametrize(("log", "text"), IMAGES)
def test_an_image_from_a_dockerfile(log: str, text: str) -> None:
    assert dockerfile.doing(log).text == text


def test_a_long_command_is_cut() -> None:
    found = dockerfile.doing(BUD + RUN.rstrip() + 20 * " and more" + "\n").text
    assert len(found) == 90
    assert found.endswith("…")


MMDEBSTRAP = "$ mmdebstrap --variant=minbase --mode=auto --format=tar bookworm /c/rootfs.tar\n"
HOOK = "I: running --customize-hook in shell: sh -c 'mkdir -p \"$1\"/usr/lib/slipway-build' exec /tmp/mmdebstrap.p7\n"
ROOTFS = [
    (MMDEBSTRAP, ""),
    (MMDEBSTRAP + "I: downloading packages with apt...\n", "downloading packages with apt"),
    (
        MMDEBSTRAP + "I: installing essential packages...\nSetting up base-files (12.4) ...\n",
        "installing essential packages: apt: setting up base-files",
    ),
    (MMDEBSTRAP + "Setting up base-files (12.4) ...\n" + HOOK, "running a hook"),
    (MMDEBSTRAP + "I: creating tarball...\nI: done\nI: removing tempdir /tmp/m...\n", "writing the layer"),
]


@pytest.mark.parametrize(("log", "text"), ROOTFS)
def test_a_base_image(log: str, text: str) -> None:
    assert bootstrap.doing(log).text == text
