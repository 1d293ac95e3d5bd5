"""Which cluster: files, contexts and the Pod's service account, in kubectl's order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from slipway.errors import SlipwayError
from slipway.kube import kubeconfig
from slipway.kube.connection import connect
from slipway.kube.kubeconfig import choose


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home directory of this test's own, and nothing said by the environment."""
    names = ("KUBECONFIG", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT", "HTTPS_PROXY", "https_proxy")
    for name in (*names, "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home/.kube").mkdir(parents=True)
    return tmp_path / "home"


def write(path: Path, *names: str, current: str = "", **user: Any) -> Path:
    """Contexts, each with a cluster and a user of the same name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    user = user or {"token": f"of-{path.name}"}
    document = {
        "clusters": [{"name": name, "cluster": {"server": f"http://{name}.{path.name}/"}} for name in names],
        "users": [{"name": name, "user": user} for name in names],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}} for name in names],
        **({"current-context": current} if current else {}),
    }
    path.write_text(yaml.safe_dump(document))
    return path


@pytest.fixture
def pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a Pod sees of its service account."""
    account = tmp_path / "account"
    account.mkdir()
    (account / "token").write_text("of-the-pod\n")
    monkeypatch.setattr(kubeconfig, "ACCOUNT", account)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "2001:db8::1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    return account


def test_of_several_files_the_first_that_has_a_name_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = write(tmp_path / "first", "a", "b"), write(tmp_path / "second", "b", "c", current="b")
    third = write(tmp_path / "third", "d", current="d")
    monkeypatch.setenv("KUBECONFIG", f"{first}:{tmp_path / 'missing'}::{second}:{third}")
    assert (choose().context, choose().server, choose().user["token"]) == ("b", "http://b.first", "of-first")
    assert choose(context="c").server == "http://c.second"
    assert choose(third).server == "http://d.third"
    with pytest.raises(SlipwayError, match=r"no context 'x'; there is: a, b, c, d"):
        choose(context="x")


def test_paths_are_those_of_the_file_in_which_they_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = write(tmp_path / "one/first", "a", current="a", tokenFile="token")
    second = write(tmp_path / "two/second", "b", exec={"command": "./login"})
    (tmp_path / "one/token").write_text("here\n")
    monkeypatch.setenv("KUBECONFIG", f"{first}:{second}")
    connection = connect(choose())
    assert connection.authorize({}) == {"Authorization": "Bearer here"}
    (tmp_path / "one/token").write_text("renewed")
    assert connection.authorize({}) == {"Authorization": "Bearer renewed"}
    assert choose(context="b").user["exec"]["command"] == str(tmp_path / "two/login")


def test_the_order(tmp_path: Path, home: Path, pod: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(home / ".kube/config", "usual", current="usual")
    given, said = write(tmp_path / "given", "given", current="given"), write(tmp_path / "said", "said", current="said")
    monkeypatch.setenv("KUBECONFIG", str(said))
    assert choose(given).context == "given"
    assert choose().context == "said"
    monkeypatch.delenv("KUBECONFIG")
    assert (choose().context, choose().server) == ("in-cluster", "https://[2001:db8::1]:443")
    assert choose().user == {"tokenFile": str(pod / "token")}
    # A service account has no contexts: who names one means a file.
    assert choose(context="usual").context == "usual"
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST")
    assert choose().context == "usual"


@pytest.mark.parametrize("text", ["", "[]", "contexts: 5", "contexts: [{context: {}}]", "current-context: a", "a: [b"])
def test_what_is_none_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    (tmp_path / "bad").write_text(text)
    with pytest.raises(SlipwayError, match="no usable kubeconfig") as caught:
        choose(tmp_path / "bad")
    assert caught.value.where == str(tmp_path / "bad")
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "nowhere"))
    with pytest.raises(SlipwayError, match="no usable kubeconfig"):
        choose()
