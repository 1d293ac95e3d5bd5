"""``slipway images``: bad input, said in a sentence before anything is asked, built or copied; exit code 2."""

from __future__ import annotations

import pytest
from slipway.cli.main import main


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("mirror", "--to", "Not A Registry"), "--to"),
        (("mirror", "--to", "r.example.com", "--authfile", "/none"), "--authfile /none: cannot be read"),
        (("mirror", "--to", "r.example.com", "--insecure", "a b"), "--insecure"),
        (("lock", "--authfile", "/none"), "--authfile /none: cannot be read"),
        (("list", "--only", "harbour"), "no component 'harbour'"),
        (("list", "--overlay", "moon"), "no overlay 'moon'"),
        (("build", "harbour"), "no image 'harbour'"),
    ],
)
def test_bad_input_is_said_at_once(words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["images", *words])
    assert ended.value.code == 2
    assert said in capsys.readouterr().err
