"""What is behind, and what has known vulnerabilities: ``make outdated``.

Uses uv for Python, ``go list -m -u`` for Go, pip-audit and govulncheck for vulnerabilities. Exits with 0 when the
vulnerabilities of everything were looked up and none is known, 1 when one is known, 3 when some could not be looked
up, which is said. To be behind is no failure.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml
from slipway import paths

ROOT = Path(__file__).resolve().parents[2]
UV = Path(sys.executable).with_name("uv")
GOVULNCHECK = "golang.org/x/vuln/cmd/govulncheck@v1.9.0"
KNOWN, UNKNOWN = 1, 3
Row = tuple[str, str, str, str]


def pins(text: str) -> dict[str, str]:
    """Package → version of a lock file."""
    return dict(re.findall(r"^([A-Za-z0-9][\w.-]*)==(\S+)", text, re.MULTILINE))


def behind(where: str, old: dict[str, str], new: dict[str, str]) -> list[Row]:
    """(where, package, pinned, to be had) of what is in both and differs."""
    return [(where, name, old[name], new[name]) for name in sorted({*old} & {*new}) if old[name] != new[name]]


def names(requirements: str) -> list[str]:
    """What a requirements.in names, without the bounds that it sets."""
    return re.findall(r"^([A-Za-z0-9][\w.-]*(?:\[[\w,-]+\])?)", requirements, re.MULTILINE)


def roots(go_mod: str, packages: Iterable[str]) -> list[str]:
    """The modules that a go.mod is about: those it requires directly, and those of the packages that are built."""
    lines = re.findall(r"^(?:require )?\s*([\w.-]+\.[\w./~-]+) (v\S+)( // indirect)?$", go_mod, re.MULTILINE)
    wanted = [*packages, *re.findall(r"^tool (\S+)$", go_mod, re.MULTILINE)]
    found = {name for name, _, indirect in lines if not indirect}
    for package in wanted:
        owners = [name for name, _, _ in lines if package == name or package.startswith(f"{name}/")]
        found |= {max(owners, key=len)} if owners else set()
    return sorted(found)


def audited(text: str) -> tuple[list[Row], int]:
    """(vulnerable, how many could not be looked up) of pip-audit's JSON."""
    found: list[Row] = []
    unknown = 0
    for item in json.loads(text)["dependencies"]:
        unknown += "skip_reason" in item
        for fault in item.get("vulns", ()):
            fixed = ", ".join(fault["fix_versions"]) or "no fix"
            found.append((f"vulnerable: {fault['id']}", item["name"], item["version"], fixed))
    return found, unknown


def run(*words: str | Path, cwd: Path = ROOT, text: str = "") -> subprocess.CompletedProcess[str]:
    given = [str(word) for word in words]
    return subprocess.run(given, cwd=cwd, input=text, capture_output=True, text=True, check=False)


def python_locks() -> list[Path]:
    return sorted(path for glob in ("requirements/*.in", "images/*/requirements.in") for path in ROOT.glob(glob))


def python(source: Path) -> list[Row]:
    """What ``make lock`` would move if it moved all that the bounds allow, and what only a bound holds back."""
    where = str(source.relative_to(ROOT))
    words = (UV, "pip", "compile", "--quiet", "--no-header", "--no-annotate", "--upgrade", "--python-version", "3.11")
    done = run(*words, source)
    if done.returncode:
        return [(where, "not looked up", "", done.stderr.strip().splitlines()[-1])]
    allowed = pins(done.stdout)
    rows = behind(where, pins(source.with_suffix(".txt").read_text()), allowed)
    newest = run(*words, "--no-deps", "-", text="\n".join(names(source.read_text())))
    return [*rows, *behind(f"{where}: bounds", allowed, pins(newest.stdout))]


def go(directory: Path) -> Iterator[Row]:
    """Modules with a newer version; not those that they bring."""
    where = str(directory.relative_to(ROOT))
    build = yaml.safe_load((directory / "build.yaml").read_text())
    wanted = roots((directory / "go.mod").read_text(), (build.get("binaries") or {}).values())
    shape = "{{.Path}} {{.Version}} {{with .Update}}{{.Version}}{{else}}{{with .Error}}?{{end}}{{end}}"
    # -e: one that the proxy does not have is no reason to leave out the others.
    done = run("go", "list", "-e", "-m", "-u", "-f", shape, *wanted, cwd=directory)
    if done.returncode:
        yield where, "not looked up", "", done.stderr.strip().splitlines()[-1]
    for line in done.stdout.splitlines():
        name, version, *newer = line.split()
        if newer:
            yield where, name, version, newer[0].replace("?", "not looked up: the proxy refuses its list")


def vulnerable_python(sources: Iterable[Path]) -> tuple[list[Row], int]:
    """pip-audit's word on every lock; after a first one of which it knows nothing it is not asked again."""
    rows: list[Row] = []
    apart = ("--quiet", "--no-project", "--isolated", "--with-requirements", "requirements/audit.txt")
    audit = (UV, "run", *apart, "pip-audit", "--require-hashes", "--disable-pip", "--progress-spinner=off")
    # A short one first.
    left = sorted((source.with_suffix(".txt") for source in sources), key=lambda path: path.stat().st_size)
    unknown = 0
    while left:
        done = run(*audit, "--format=json", "-r", left[0])
        many = len(pins(left[0].read_text()))
        try:
            found, more = audited(done.stdout)
        except ValueError:
            print(f"pip-audit: {done.stderr.strip()[-300:]}", file=sys.stderr)
            found, more = [], many
        if more >= many:
            return rows, unknown + sum(len(pins(path.read_text())) for path in left)
        rows, unknown = [*rows, *found], unknown + more
        left.pop(0)
    return rows, unknown


def programs(name: str) -> list[Path]:
    """What was built of a directory last, in the cache."""
    kept = sorted((paths.cache() / "binaries").glob(f"{name}-*"), key=lambda path: path.stat().st_mtime)
    return [path for path in kept[-1].iterdir() if path.suffix != ".json"] if kept else []


def vulnerable_go(directories: Iterable[Path]) -> tuple[list[Row], int]:
    """govulncheck's word on the programs as they were built, and of how many directories it has none; after a first
    program that it cannot look up it is not asked again."""
    rows: list[Row] = []
    unknown = 0
    left = [directory.parent.name for directory in directories]
    while left:
        built = programs(left[0])
        for program in built:
            done = run("go", "run", GOVULNCHECK, "-mode", "binary", program)
            if done.returncode not in (0, 3):
                print(done.stderr.strip()[-300:], file=sys.stderr)
                return rows, unknown + len(left)
            faults = re.findall(r"#\d+: (\S+)[\s\S]*?Found in: (\S+)@(\S+)\s+Fixed in: (\S+)", done.stdout)
            rows += [(f"vulnerable: {fault} in {left[0]}", *found) for fault, *found in faults]
        unknown += not built
        left.pop(0)
    return rows, unknown


def table(rows: Iterable[Row]) -> str:
    """In columns."""
    head: Row = ("where", "what", "pinned", "to be had")
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(3)]
    padded = [[*(line[column].ljust(widths[column]) for column in range(3)), line[3]] for line in lines]
    return "\n".join("  ".join(cells) for cells in padded)


def main() -> int:
    sources, modules = python_locks(), sorted(path.parent for path in ROOT.glob("images/*/go/go.mod"))
    rows = [row for source in sources for row in python(source)] + [row for path in modules for row in go(path)]
    print(table(rows))
    of_python, unknown_python = vulnerable_python(sources)
    of_go, unknown_go = vulnerable_go(modules)
    known = [*of_python, *of_go]
    if known:
        print(f"\n{table(known)}")
    for count, what in ((unknown_python, "pins of Python packages"), (unknown_go, "directories of Go programs")):
        if count:
            print(f"vulnerabilities of {count} {what} were not looked up: the data is out of reach, or lacks them")
    print(f"{len(rows)} behind, {len(known)} known vulnerabilities")
    return KNOWN if known else UNKNOWN if unknown_python or unknown_go else 0


if __name__ == "__main__":
    sys.exit(main())
