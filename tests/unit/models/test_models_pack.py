"""A model's directory on its way into the cluster, and the objects that take it further."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from slipway.cli.main import cli
from slipway.errors import BadInput
from slipway.models import objects, pack
from slipway.smoke.objects import workflow


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A model, beside something that is not its own."""
    root = tmp_path / "model"
    for name in (".s2i/environment", "pkg/Mine.py", ".git/config", "pkg/__pycache__/Mine.pyc"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    (tmp_path / "secret").write_text("secret")
    return root


def test_what_is_sent(directory: Path) -> None:
    (directory / "again.py").symlink_to("pkg/Mine.py")
    target = io.BytesIO()
    assert pack.write(directory, target) == len(target.getvalue())
    with tarfile.open(fileobj=target) as tar:
        assert {entry.name: (entry.isfile(), entry.uid) for entry in tar} == {
            ".s2i/environment": (True, 0),
            "again.py": (True, 0),
            "pkg/Mine.py": (True, 0),
        }


def test_a_link_out_of_the_directory_is_not_sent(directory: Path) -> None:
    (directory / "stolen").symlink_to("../secret")
    with pytest.raises(BadInput, match="a link that leads out"):
        pack.write(directory, io.BytesIO())


@pytest.mark.parametrize(("name", "said"), [("none", "no such directory"), ("empty", "has no files")])
def test_what_is_no_model(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match=said):
        pack.write(tmp_path / name, io.BytesIO())


@pytest.mark.parametrize(("file", "method"), [("requirements.txt", "build"), ("setup.py", "build"), ("x.py", "append")])
def test_pip_runs_where_it_has_to(directory: Path, file: str, method: str) -> None:
    (directory / file).touch()
    assert pack.method(directory) == method


def test_the_uploader_has_no_right_and_one_claim() -> None:
    spec = objects.uploader("lab")["spec"]
    assert spec["automountServiceAccountToken"] is False
    assert [volume["persistentVolumeClaim"] for volume in spec["volumes"]] == [{"claimName": "outputs"}]
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["containers"][0]["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_the_workflow_names_the_template_and_its_parameters_alone() -> None:
    given = {"model": "m", "image": "i", "method": "append"}
    spec = objects.package("lab", "mine", given)["spec"]
    assert spec["workflowTemplateRef"] == {"name": "model-package"}
    assert {item["name"] for item in spec["arguments"]["parameters"]} <= {name for name, _, _ in workflow.PARAMETERS}


def test_the_deployment_names_no_pull_secret() -> None:
    made = objects.deployment("lab", "mine", "r/m:1", "ROUTER")
    assert made["spec"]["predictors"][0]["graph"] == {"name": "model", "type": "ROUTER"}
    assert "imagePullSecrets" not in json.dumps(made)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["package", ".", "--name", "Mine"], "'Mine' does not match"),
        (["package", ".", "--name", "mine", "--tag", "a b"], "'a b' does not match"),
        (["deploy", "r/x/Mine:1"], "'Mine' does not match"),
    ],
)
def test_a_name_that_cannot_be_is_refused_before_a_cluster_is_asked(
    words: list[str], said: str, tmp_path: Path
) -> None:
    done = CliRunner().invoke(cli, ["--kubeconfig", str(tmp_path / "none"), "model", *words])
    assert isinstance(done.exception, Exception)
    assert said in str(done.exception)
