"""Each page of docs/howto, done as it stands in a copy of the repository."""

from __future__ import annotations

import os
import re
from pathlib import Path

import howto_page
import pytest
from api_server import Server
from slipway import artifacts

PAGES = sorted(path for path in (howto_page.ROOT / "docs/howto").glob("*.md") if path.name != "README.md")
#: Pages that build: of root's namespaces.
ROOTS = {"image", "compact-controller"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_page_does_what_it_says(page: Path, fresh_server: Server, tmp_path: Path) -> None:
    if page.stem in ROOTS and os.geteuid() != 0:
        pytest.skip("building an image takes root")
    directory = howto_page.scratch(tmp_path / "slipway")
    for name, program in {"kubectl": "kubernetes", "kustomize": "kustomize"}.items():
        (directory / ".programs" / name).symlink_to(artifacts.binary(program))
    text = page.read_text()
    assert any(step.kind == "sh" for step in howto_page.steps(text))
    howto_page.follow(text, directory, KUBECONFIG=str(fresh_server.kubeconfig))


def test_the_index_names_every_page() -> None:
    index = (howto_page.ROOT / "docs/howto/README.md").read_text()
    assert sorted(set(re.findall(r"\]\(([a-z-]+\.md)\)", index))) == [page.name for page in PAGES]


def test_a_page_that_is_wrong_is_seen(tmp_path: Path) -> None:
    directory = tmp_path / "slipway"
    (directory / ".programs").mkdir(parents=True)
    with pytest.raises(AssertionError, match="not printed: two"):
        howto_page.follow("x\n\n```sh\necho one\n```\n\nand\n\n```text\ntwo\n```\n", directory)
    with pytest.raises(AssertionError, match="false"):
        howto_page.follow("x\n\n```sh\nfalse\n```\n", directory)
    howto_page.follow(
        "`a/b.txt`:\n\n```\nwords\n```\n\nx\n\n```sh\ncat a/b.txt\n```\n\nx\n\n```text\nwords\n```\n", directory
    )
