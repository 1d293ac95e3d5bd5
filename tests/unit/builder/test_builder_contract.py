"""All that Seldon's Python wrapper takes is taken; what would not answer is refused, with the cause."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest
from slipway_builder import __main__ as program
from slipway_builder import contract, layer, model, packages, trust

Files = dict[str, str]


def lay(root: Path, files: Files, settings: str = "MODEL_NAME=Mine\nSERVICE_TYPE=MODEL\n") -> Path:
    """A model's directory of these files."""
    for name, text in {".s2i/environment": settings, **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def one(method: str, base: str = "") -> Files:
    """A class with one method."""
    return {"Mine.py": f"class Mine{base}:\n    def {method}(self, X, names=None):\n        return X\n"}


@pytest.mark.parametrize(
    ("service", "method"),
    [
        *((service, call) for service, calls in contract.SERVICE_TYPES.items() for call in calls),
        *((service, f"{call}_raw") for service, calls in contract.SERVICE_TYPES.items() for call in calls),
        ("MODEL", "aggregate"),  # the type of the graph's node is what counts
        ("TRANSFORMER", "send_feedback"),
        ("MODEL", "predict_rest"),
    ],
)
def test_each_service_type_is_taken(tmp_path: Path, service: str, method: str) -> None:
    found = model.read(lay(tmp_path, one(method), f"MODEL_NAME=Mine\nSERVICE_TYPE={service}\n"))
    assert found.environment == {"MODEL_NAME": "Mine", "SERVICE_TYPE": service}


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("pkg.Mine", {"pkg/__init__.py": one("predict")["Mine.py"]}),
        ("pkg.module.Mine", {"pkg/module.py": one("predict")["Mine.py"]}),
        ("pkg.Mine", {"pkg/__init__.py": "from .inner import Mine\n", "pkg/inner.py": one("route")["Mine.py"]}),
        ("Mine", {"Mine.py": "from other import B as Mine\n", "other.py": "class B:\n    predict = len\n"}),
        ("Mine", {"Mine.py": "class A:\n    def predict(self, X): ...\nclass Mine(A): ...\n"}),
        ("Mine", {"Mine.py": "from elsewhere import Base\nclass Mine(Base): ...\n"}),
        ("Mine", {"Mine.py": "from elsewhere import *\n"}),
        ("Mine", {"Mine.py": "import elsewhere\nMine = elsewhere.make()\n"}),
        (
            "Mine",
            {"Mine.py": "try:\n    import x\nexcept ImportError:\n    class Mine:\n        predict = len\n"},
        ),
        ("Mine", {"Mine.py": "class Mine:\n    def __getattr__(self, name): ...\n"}),
        ("Mine", {"Mine.py": "# -*- coding: latin-1 -*-\nclass Mine:\n    def predict(self, X): ...\n"}),
    ],
)
def test_a_class_is_found_where_python_would_find_it(tmp_path: Path, name: str, files: Files) -> None:
    assert model.read(lay(tmp_path, files, f"MODEL_NAME={name}\n")).environment["MODEL_NAME"] == name


SELDON = "from seldon_core.user_model import SeldonComponent\n"


@pytest.mark.parametrize(
    ("files", "settings", "said"),
    [
        (
            {"Mine.py": SELDON + "class Mine(SeldonComponent): ..."},
            "MODEL_NAME=Mine",
            "no method that Seldon's wrapper",
        ),
        ({"Mine.py": "class Mine:\n    async def predict(self, X): ..."}, "MODEL_NAME=Mine", "no method that Seldon's"),
        (one("health_status"), "MODEL_NAME=Mine", "no method that Seldon's wrapper"),
        (one("predict"), "MODEL_NAME=Mine\nSERVICE_TYPE=ROUTER", "asks class Mine for a method route"),
        (one("route"), "MODEL_NAME=Mine\nSERVICE_TYPE=COMBINER", "asks class Mine for a method aggregate"),
        (one("predict"), "MODEL_NAME=Mine\nSERVICE_TYPE=model", "SERVICE_TYPE=model: it must be one of MODEL"),
        (one("predict"), "MODEL_NAME=Mine\nAPI_TYPE=FBS", "API_TYPE=FBS: the wrapper speaks REST and GRPC"),
        (one("predict"), "MODEL_NAME=Mine\nPERSISTENCE=yes", "PERSISTENCE=yes: it must be 0 or 1"),
        (one("predict"), "MODEL_NAME=Other", "Other.py is missing"),
        (one("predict"), "MODEL_NAME=Mine.Other", "Mine.py has no class Other"),
        (one("predict"), "MODEL_NAME=../Mine", "it must be Name, or module.Name"),
        ({"mnist.R": "1"}, "MODEL_NAME=mnist.R", "mnist.R is not Python"),
        ({**one("predict"), "before-run": "#!/bin/sh"}, "MODEL_NAME=Mine", "before-run: a script before the start"),
        ({**one("predict"), ".s2i/bin/assemble": "x"}, "MODEL_NAME=Mine", "own s2i scripts are not run"),
        ({**one("predict"), "environment.yml": "name: x"}, "MODEL_NAME=Mine", "conda is not in the serving image"),
    ],
)
def test_what_would_not_answer_is_refused(tmp_path: Path, files: Files, settings: str, said: str) -> None:
    with pytest.raises(model.BadModel, match=said):
        model.read(lay(tmp_path, files, settings))


def test_settings_are_arguments_then_the_environment_then_the_file(tmp_path: Path) -> None:
    directory = lay(tmp_path, one("route"), "MODEL_NAME=File\nSERVICE_TYPE=MODEL\nMINE=a b\n")
    given = model.settings(["MODEL_NAME=Mine"], {"MODEL_NAME": "Env", "SERVICE_TYPE": "ROUTER", "HOME": "/"})
    assert model.read(directory, given).environment == {"MODEL_NAME": "Mine", "SERVICE_TYPE": "ROUTER", "MINE": "a b"}
    (directory / ".s2i/environment").unlink()
    assert model.read(directory, given).environment == {"MODEL_NAME": "Mine", "SERVICE_TYPE": "ROUTER"}


def test_a_link_out_of_the_model_is_refused_and_one_inside_is_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("credentials")
    directory = lay(tmp_path / "model", one("predict"))
    (directory / "again.py").symlink_to("Mine.py")
    assert Path("again.py") in model.read(directory).files
    (directory / "stolen").symlink_to(tmp_path / "secret")
    with pytest.raises(model.BadModel, match="stolen: a link that leads out"):
        model.read(directory)


def test_what_is_checked_only_needs_no_registry(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    directory = lay(tmp_path, {**one("predict"), "setup.py": ""})
    assert program.main([f"--model={directory}", "--check"]) == 0
    assert "made by --method build" in capsys.readouterr().out
    assert program.main([f"--model={directory}", "--check", "--env=SERVICE_TYPE=ROUTER"]) == 2
    assert "a method route" in capsys.readouterr().err


def test_what_setup_py_was_to_make_is_looked_for(tmp_path: Path) -> None:
    site = tmp_path / "venv/lib/python3.11/site-packages"
    site.mkdir(parents=True)
    found = model.read(lay(tmp_path / "model", {"setup.py": "", "environment.yml": ""}, "MODEL_NAME=made.Mine\n"))
    assert found.installs == "setup.py"
    with pytest.raises(model.BadModel, match=r"installed no module made: MODEL_NAME=made\.Mine asks for it"):
        packages.check(found, tmp_path / "venv")
    (site / "made.cpython-311-x86_64-linux-gnu.so").touch()
    packages.check(found, tmp_path / "venv")
    (tmp_path / "model/requirements.txt").write_text("x\n")
    assert model.read(lay(tmp_path / "model", one("predict"))).installs == "requirements.txt"


def listed(directory: Path) -> packages.Listing:
    """What `find` says, as the build runs it."""
    command = ["bash", "-c", r"find . -printf '%P\t%T@\t%s\n'"]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=True)
    return packages.listing(done.stdout)


def test_the_layer_of_packages_is_what_pip_has_changed(tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    for name in ("lib/kept.py", "lib/other.py", "lib/old/a.py", "lib/old/b.py"):
        (venv / name).parent.mkdir(parents=True, exist_ok=True)
        (venv / name).write_text(name)
    before = listed(venv)
    (venv / "lib/other.py").write_text("newer")
    shutil.rmtree(venv / "lib/old")
    (venv / "lib/new").mkdir()
    (venv / "lib/new/c.py").write_text("c")
    (venv / "bin").mkdir()
    (venv / "bin/tool").write_text("#!")
    (venv / "bin/tool").chmod(0o755)
    (venv / "bin/link").symlink_to("tool")
    assert packages.write(venv, before, listed(venv), tmp_path / "layer.tar") == 5
    with tarfile.open(tmp_path / "layer.tar") as tar:
        found = {entry.name: (entry.mode, entry.uid, entry.linkname) for entry in tar}
    assert found == {
        "opt/venv/bin": (0o755, 0, ""),
        "opt/venv/lib/new": (0o755, 0, ""),
        "opt/venv/bin/link": (0o777, 0, "tool"),
        "opt/venv/bin/tool": (0o755, 0, ""),
        "opt/venv/lib/new/c.py": (0o644, 0, ""),
        "opt/venv/lib/other.py": (0o644, 0, ""),
        "opt/venv/lib/.wh.old": (0o644, 0, ""),
    }
    assert packages.write(venv, listed(venv), listed(venv), tmp_path / "none.tar") == 0


def test_a_program_stays_one_in_the_layer(tmp_path: Path) -> None:
    directory = lay(tmp_path / "model", {**one("predict"), "tool": "#!/bin/sh\n"})
    (directory / "tool").chmod(0o700)
    layer.write(model.read(directory), tmp_path / "layer.tar")
    with tarfile.open(tmp_path / "layer.tar") as tar:
        assert {entry.name: entry.mode for entry in tar if entry.isfile()}["microservice/tool"] == 0o755


def test_authorities_stand_beside_the_systems_own(tmp_path: Path) -> None:
    mounted, system, target = tmp_path / "mounted", tmp_path / "system.crt", tmp_path / "target"
    system.write_text("SYSTEM\n")
    assert trust.gather(target, mounted, system) == {}
    mounted.write_text("\n")
    assert trust.gather(target, mounted, system) == {}
    mounted.write_text("OURS\n")
    assert trust.gather(target, mounted, system) == {"SSL_CERT_FILE": str(target)}
    assert target.read_text() == "SYSTEM\nOURS\n"
