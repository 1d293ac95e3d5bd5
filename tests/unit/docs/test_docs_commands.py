"""Every page: its commands are ones that there are, its keys are known, its links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from command_lines import parsed, words_of
from slipway import paths
from slipway.catalog import overlays
from slipway.workflows.options import Options
from slipway.workflows.platform import load_platform

ROOT = paths.distribution()
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").rglob("*.md"))]
PROGRAM = re.compile(r"(?:\.venv/bin/|/opt/slipway/bin/)?slipway ")
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]


def lines(page: Path) -> list[str]:
    """The commands in blocks of code, continued lines joined."""
    blocks = re.findall(r"^ *```(\w*)\n(.*?)^ *```", page.read_text(), re.M | re.S)
    joined = [re.sub(r" *\\\n *", " ", block) for kind, block in blocks if kind in ("", "sh")]
    return [line.strip() for block in joined for line in block.splitlines() if PROGRAM.match(line.strip())]


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_commands_options_and_keys_are_known(page: Path) -> None:
    for line in lines(page):
        # What follows wide space is a remark.
        words = words_of(re.sub(r" {2,}(?![- ]).*| \|( .*)?$", "", line))[1:]
        if not words or "…" in line:
            continue
        context = parsed(words)
        given = context.params
        # What the pages of docs/howto name they make, and are followed to the letter: tests/api/test_howto.py.
        if "overlay" in given and "sets" in given and page.parent.name != "howto":
            load_platform(Options(Path("/dev/null"), None, tuple(given["sets"]), given["overlay"]))


def test_the_pages_have_commands() -> None:
    """The test above can fail."""
    assert sum(len(lines(page)) for page in PAGES) > 30
    assert sum("--set" in line for page in PAGES for line in lines(page)) >= 5


def anchors(page: Path) -> set[str]:
    """Headings as GitHub's web pages name them."""
    heads = re.findall(r"^#+ (.+)$", page.read_text(), re.M)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"^ *```.*?^ *```", "", page.read_text(), flags=re.M | re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" not in target:
            name, _, anchor = target.partition("#")
            found = (page.parent / name).resolve() if name else page
            assert found.exists(), target
            assert not anchor or anchor in anchors(found), target


@pytest.mark.parametrize("overlay", overlays(ROOT))
def test_settings_that_a_cluster_page_names_are_known(overlay: str) -> None:
    page = ROOT / f"docs/clusters/{overlay}.md"
    components = load_platform(Options(Path("/dev/null"), None, (), overlay)).catalog.components
    for name, key in re.findall(r"components\.([a-z-]+)\.settings\.([a-z_]+)", page.read_text()):
        assert components[name].setting(key), f"{name}.{key}"
    for path in re.findall(r"`((?:overlays|manifests|playbooks|examples)/[^`*<>]+)`", page.read_text()):
        assert (ROOT / path).exists(), path
