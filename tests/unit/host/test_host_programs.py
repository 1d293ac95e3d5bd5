"""Every program that the code starts is one that an operation brings, that is always there, or that Slipway made.

Who starts a program that is in no table here fails this test, and not on a user's bare machine.
"""

from __future__ import annotations

from pathlib import Path

import program_calls
import pytest
from slipway.host import needs

ROOT = Path(__file__).resolve().parents[3]
SOURCES = [
    source
    for top in ("installer", "benchmarks")
    for path in sorted((ROOT / top).rglob("*.py"))
    if (source := program_calls.read(path)).programs or source.computed
]
TESTS = [source for path in sorted((ROOT / "tests").rglob("*.py")) if (source := program_calls.read(path)).programs]
#: Slipway's own artifacts, its Python, and Go, of which a pinned one is fetched: nothing of the host's.
OURS = frozenset({"envoy", "go", "helm", "kubeadm", "kubernetes", "kustomize", "python"})
#: Modules whose first word is computed → what it can be.
COMPUTED = {
    "artifacts/golang.py": {"go"},
    "artifacts/process.py": {"setpriv"},  # the door itself
    "artifacts/toolchain.py": {"go"},
    "artifacts/wheel.py": {"python"},
    "bundle/packages.py": {"apt-get"},
    "bundle/sbom/golicence.py": {"go"},
    "bundle/wheels.py": {"python"},
    "host/run.py": set[str](),  # the door itself
    "kube/plugin.py": set[str](),  # whatever a kubeconfig names
    "node/certificates.py": {"kubeadm"},
    "node/clean/firewall.py": {"iptables-save", "iptables-restore", "ip6tables-save", "ip6tables-restore"},
    "node/control_plane.py": {"kubeadm"},
    "node/supervisor/client.py": {"python"},
    "node/supervisor/process.py": {"containerd", "ganesha.nfsd", "kubernetes"},
    "node/upgrading.py": {"kubernetes"},
    "readiness/probes/storage.py": {"nfs-ls"},
    "render/helm.py": {"helm"},
    "render/kustomize.py": {"kustomize"},
    "contest/run.py": {"python"},
    "figure.py": {"python"},
    "figures/executor.py": set[str](),  # what it has compiled itself
}
#: In every Debian, or brought by README's Requirements.
ALWAYS = frozenset({"bash", "chmod", "cp", "git", "nsenter", "sha256sum", "sleep", "unshare"})
#: Of the tests alone: a program that there is not, and one out of the virtual environment.
TESTS_OWN = frozenset({"no-such-program", "shellcheck", "--username=katib"})


def name(source: program_calls.Source) -> str:
    path = source.path.relative_to(ROOT)
    return "/".join(path.parts[2:] if path.parts[0] == "installer" else path.parts[1:])


@pytest.mark.parametrize("source", SOURCES, ids=name)
def test_every_program_is_in_the_table(source: program_calls.Source) -> None:
    unknown = source.programs - needs.programs() - ALWAYS
    assert not unknown, f"{source.path} starts {unknown}: add the package to slipway.host.needs"
    if source.computed:
        assert name(source) in COMPUTED, f"{source.path}: what do {source.computed} start? Say it in COMPUTED"
        assert COMPUTED[name(source)] <= needs.programs() | OURS


def test_the_table_of_computed_ones_has_no_dead_rows() -> None:
    assert set(COMPUTED) == {name(source) for source in SOURCES if source.computed}


@pytest.mark.parametrize("source", TESTS, ids=name)
def test_tests_start_nothing_else(source: program_calls.Source) -> None:
    words = {word.rpartition("/")[2] for word in source.programs}
    assert not words - needs.programs() - ALWAYS - TESTS_OWN - {"env"}


def test_a_new_program_would_be_found(tmp_path: Path) -> None:
    (tmp_path / "x.py").write_text(
        "import subprocess\nfrom slipway.host import run as host\n_WORDS = ('mmdebstrapp', '-x')\n"
        "def f(wanted):\n    host.run([*_WORDS, wanted])\n    subprocess.run(g())\n    host.attempt(wanted)\n"
        "def g():\n    return ['skopeoo', 'copy']\n"
    )
    found = program_calls.read(tmp_path / "x.py")
    assert found.programs == {"mmdebstrapp", "skopeoo"} and found.computed == {"f"}
