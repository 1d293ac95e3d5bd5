"""The command line of the microservice, from the environment and the model's own file."""

import subprocess
import sys
from pathlib import Path

import pytest
from slipway_serving.environment import BadEnvironment, arguments, merge, read

SOURCES = Path(__file__).parents[3] / "images" / "serving"


def test_an_s2i_environment_file() -> None:
    text = "MODEL_NAME=Mnist\nAPI_TYPE=REST\n\n# a comment\nSERVICE_TYPE=MODEL\nPERSISTENCE=0\nNOTE=a = b\n"
    assert read(text) == {
        "MODEL_NAME": "Mnist",
        "API_TYPE": "REST",
        "SERVICE_TYPE": "MODEL",
        "PERSISTENCE": "0",
        "NOTE": "a = b",
    }


def test_a_line_that_is_none_is_told_with_its_number() -> None:
    with pytest.raises(BadEnvironment, match="line 2: 'MODEL NAME=x'"):
        read("A=b\nMODEL NAME=x")


def test_the_container_wins_over_the_file() -> None:
    assert merge({"A": "container"}, {"A": "file", "B": "file"}) == {"A": "container", "B": "file"}


def test_arguments() -> None:
    assert arguments({"MODEL_NAME": "Mnist"}) == ["Mnist", "--service-type", "MODEL"]
    assert arguments({"MODEL_NAME": "a.Mnist", "SERVICE_TYPE": "ROUTER", "PERSISTENCE": "1", "API_TYPE": "GRPC"}) == [
        "a.Mnist",
        "--service-type",
        "ROUTER",
        "--persistence",
    ]


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({}, "MODEL_NAME is not set"),
        ({"MODEL_NAME": "M", "API_TYPE": "SOAP"}, "API_TYPE is 'SOAP'"),
        ({"MODEL_NAME": "M", "SERVICE_TYPE": "model"}, "SERVICE_TYPE is 'model'"),
        ({"MODEL_NAME": "M", "PERSISTENCE": "yes"}, "PERSISTENCE is 'yes'"),
    ],
)
def test_what_cannot_be(environ: dict[str, str], said: str) -> None:
    with pytest.raises(BadEnvironment, match=said):
        arguments(environ)


def test_the_program_ends_with_2_and_a_sentence(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "slipway_serving"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(SOURCES)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("serving: MODEL_NAME is not set")
