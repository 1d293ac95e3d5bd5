"""Files, packages, sysctls, certificates, readiness, systemd's units: the parts that judge texts."""

from __future__ import annotations

import configparser
import datetime
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from slipway.errors import NotYet, SlipwayError
from slipway.host import files, machine, run
from slipway.node import NodeConfig, certificates, containers, ready, state, sysctl, systemd
from slipway.node.lock import exclusive
from slipway.node.supervisor.spec import Unit
from slipway.progress import Reporter
from slipway.waiting import wait_for

NOW = datetime.datetime(2027, 1, 15, tzinfo=datetime.UTC)


def reporter() -> tuple[Reporter, io.StringIO]:
    stream = io.StringIO()
    return Reporter(stream=stream), stream


# -- files ---------------------------------------------------------------------------------------------------------


def test_a_file_is_written_once(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b"
    assert files.write(path, "text", 0o600)
    assert not files.write(path, "text", 0o600)
    assert files.write(path, "other", 0o600)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["b"]


def test_a_link_replaces_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "kubectl"
    assert files.link(path, Path("kubernetes"))
    assert not files.link(path, Path("kubernetes"))
    assert files.link(path, Path("other"))
    assert path.readlink() == Path("other")


# -- commands ------------------------------------------------------------------------------------------------------


def test_a_failed_command_shows_its_last_words() -> None:
    with pytest.raises(SlipwayError) as caught:
        run.run(["/bin/sh", "-c", "echo fine; echo broken >&2; exit 7"], what="the step", remedy="do this")
    assert caught.value.what == "ended with 7"
    assert caught.value.details == ("broken",)
    assert (caught.value.where, caught.value.remedy) == ("the step", "do this")


def test_a_missing_command_is_named() -> None:
    with pytest.raises(SlipwayError, match="no-such-program is not installed"):
        run.run(["no-such-program"])
    assert run.attempt(["no-such-program"]) == (127, "")


def test_a_command_without_an_end() -> None:
    with pytest.raises(SlipwayError, match="no end within"):
        run.run(["sleep", "5"], timeout=0.1)


# -- waiting -------------------------------------------------------------------------------------------------------


def test_waiting_says_for_what_and_gives_up_with_the_cause() -> None:
    speaks, stream = reporter()

    def never() -> None:
        raise NotYet("the door is closed", "house", "open it")

    with pytest.raises(SlipwayError) as caught:
        wait_for("visitor", never, seconds=0.2, every=0.02, quiet=0.0, reporter=speaks, explain=lambda: ("a log line",))
    assert not isinstance(caught.value, NotYet)
    assert "the door is closed" in caught.value.what and caught.value.details == ("a log line",)
    assert stream.getvalue().count("visitor: the door is closed") == 1


def test_waiting_ends_with_the_value() -> None:
    answers: Iterator[NotYet | int] = iter([NotYet("no"), NotYet("no"), 42])

    def ask() -> int:
        answer = next(answers)
        if isinstance(answer, NotYet):
            raise answer
        return answer

    assert wait_for("x", ask, seconds=5, every=0.01, reporter=reporter()[0]) == 42


def test_two_starts_at_a_time_are_refused(tmp_path: Path) -> None:
    with (
        exclusive(tmp_path / "lock"),
        pytest.raises(SlipwayError, match="under way"),
        exclusive(tmp_path / "lock"),
    ):
        pass
    with exclusive(tmp_path / "lock"):
        pass


# -- the machine ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mask", "resource"), [("000001ffffffffff", True), ("000001fffeffffff", False), ("0000000000000000", False)]
)
def test_capabilities(mask: str, resource: bool) -> None:
    status = f"Name:\tx\nCapBnd:\t{mask}\n"
    assert bool(machine.bounding_set(status) >> machine.CAP_SYS_RESOURCE & 1) is resource


def test_runtime_state_of_another_boot_is_dropped(tmp_path: Path) -> None:
    config = NodeConfig(run=tmp_path / "run")
    (config.run / "containerd").mkdir(parents=True)
    (config.run / "containerd" / "stale.sock").touch()
    (config.run / "boot").write_text("another boot\n")
    containers.clear_after_boot(config)
    assert not (config.run / "containerd").exists()
    assert not state.rebooted(config)
    (config.run / "containerd").mkdir()
    containers.clear_after_boot(config)
    assert (config.run / "containerd").exists()


def test_another_kubernetes_is_seen_and_ours_is_not(tmp_path: Path) -> None:
    config = NodeConfig(state=tmp_path / "s", kubernetes=tmp_path / "k", kubelet_root=tmp_path / "l")
    (tmp_path / "k").mkdir()
    (tmp_path / "k" / "admin.conf").touch()
    assert str(tmp_path / "k" / "admin.conf") in state.foreign_kubernetes(config)
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "address").write_text("192.0.2.2\n")
    assert state.foreign_kubernetes(config) == ""


def test_a_control_plane_counts_when_kubeadm_finished(tmp_path: Path) -> None:
    config = NodeConfig(state=tmp_path / "s", kubernetes=tmp_path / "k")
    (tmp_path / "k").mkdir()
    (tmp_path / "k" / "admin.conf").touch()
    assert not state.initialised(config)
    state.mark_initialised(config)
    assert state.initialised(config)


def test_containerd_keeps_the_proxy_that_it_was_started_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = NodeConfig(state=tmp_path)
    monkeypatch.setenv("HTTPS_PROXY", "http://one.example:3128")
    first = containers.passed_environment(config, refresh=True)
    assert first["HTTPS_PROXY"] == "http://one.example:3128"
    monkeypatch.setenv("HTTPS_PROXY", "http://two.example:3128")
    assert containers.passed_environment(config, refresh=False) == first
    assert containers.passed_environment(config, refresh=True)["HTTPS_PROXY"] == "http://two.example:3128"


# -- sysctls -------------------------------------------------------------------------------------------------------


def settings(root: Path, **values: str) -> None:
    for name, value in {
        "net/ipv4/ip_forward": "0",
        "net/bridge/bridge-nf-call-iptables": "1",
        "net/ipv4/conf/all/route_localnet": "0",
        "fs/inotify/max_user_instances": "128",
        "fs/inotify/max_user_watches": "1000000",
        **values,
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(value + "\n")


def test_only_what_differs_is_set_and_nothing_lowered(tmp_path: Path) -> None:
    settings(tmp_path)
    changed = sysctl.ensure(tmp_path)
    assert changed == ["net.ipv4.ip_forward", "net.ipv4.conf.all.route_localnet", "fs.inotify.max_user_instances"]
    assert (tmp_path / "fs/inotify/max_user_watches").read_text() == "1000000\n"
    assert sysctl.ensure(tmp_path) == []


def test_a_kernel_without_bridge_netfilter_is_named(tmp_path: Path) -> None:
    settings(tmp_path)
    (tmp_path / "net/bridge/bridge-nf-call-iptables").unlink()
    with pytest.raises(SlipwayError) as caught:
        sysctl.ensure(tmp_path)
    assert "modprobe br_netfilter" in caught.value.remedy


# -- certificates --------------------------------------------------------------------------------------------------


def report(**ends: str) -> str:
    entries = [{"name": name, "expirationDate": end, "missing": False} for name, end in ends.items()]
    return json.dumps({"kind": "CertificateExpirationInfo", "certificates": entries})


def test_what_ends_within_a_month_is_renewed() -> None:
    text = report(apiserver="2027-02-01T00:00:00Z", admin="2027-03-01T00:00:00Z", gone="2026-12-01T00:00:00Z")
    assert certificates.expiring(text, NOW) == ["apiserver", "gone"]


def test_openssls_date() -> None:
    end = certificates.parse_end("notAfter=Nov  2 06:37:24 2027 GMT\n")
    assert end == datetime.datetime(2027, 11, 2, 6, 37, 24, tzinfo=datetime.UTC)


# -- readiness -----------------------------------------------------------------------------------------------------


def node(status: str, beat: str = "2027-01-15T00:00:00Z", message: str = "") -> dict[str, Any]:
    condition = {"type": "Ready", "status": status, "lastHeartbeatTime": beat, "message": message}
    return {"status": {"conditions": [{"type": "MemoryPressure", "status": "False"}, condition]}}


def test_nodes() -> None:
    assert ready.node_condition(node("True")) == ""
    assert ready.node_condition(node("False", message="cni not initialised")) == "cni not initialised"
    assert "not reported" in ready.node_condition({})
    assert ready.heartbeat(node("True")) == NOW
    assert ready.heartbeat({}).year == 1970


class Cluster:
    """Answers as slipway.kube.Client does, from values."""

    def __init__(self, *objects: dict[str, Any]) -> None:
        self.all = list(objects)

    def get(self, _api: str, kind: str, name: str) -> dict[str, Any] | None:
        return next((each for each in self.all if each["kind"] == kind and each["metadata"]["name"] == name), None)

    def objects(self, _api: str, kind: str, _namespace: str) -> list[dict[str, Any]]:
        return [each for each in self.all if each["kind"] == kind]


def test_a_report_from_before_a_crash_does_not_count() -> None:
    there = {"kind": "Node", "metadata": {"name": "slipway"}, **node("True")}
    check: Any = Cluster(there)
    assert ready.check_node(check, NodeConfig()) is there
    assert ready.check_node(check, NodeConfig(), NOW.replace(microsecond=999)) is there
    with pytest.raises(NotYet, match="since its start"):
        ready.check_node(check, NodeConfig(), NOW + datetime.timedelta(seconds=1))
    nobody: Any = Cluster()
    with pytest.raises(NotYet, match="not registered"):
        ready.check_node(nobody, NodeConfig())


def pod(name: str, is_ready: bool = True, **status: Any) -> dict[str, Any]:
    condition = {"type": "Ready", "status": "True" if is_ready else "False"}
    return {"kind": "Pod", "metadata": {"name": name}, "status": {"conditions": [condition], **status}}


def test_every_program_of_the_control_plane_must_be_ready() -> None:
    names = [f"{program}-x" for program in ready.SYSTEM]
    whole: Any = Cluster(*map(pod, names))
    ready.check_system(whole)
    lacking: Any = Cluster(*map(pod, names[:-1]))
    with pytest.raises(NotYet, match="coredns is not there"):
        ready.check_system(lacking)
    waiting = {"state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s"}}}
    crashing: Any = Cluster(*map(pod, names[:-1]), pod("coredns-x", False, containerStatuses=[waiting]))
    with pytest.raises(NotYet, match="coredns: back-off 10s"):
        ready.check_system(crashing)


# -- systemd -------------------------------------------------------------------------------------------------------

UNIT = Unit("kubelet", ("/opt/a b/kubelet", "--x=100%", "--y=$HOME"), {"PATH": "/bin", "A": "b c"}, stop_seconds=20)


def test_a_systemd_unit_keeps_pods_alive_and_comes_back() -> None:
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment]
    parser.read_string(systemd.unit_file(UNIT, Path("/var/log/slipway")))
    service = parser["Service"]
    assert service["KillMode"] == "process"
    assert service["Restart"] == "always"
    assert service["ExecStart"] == "'/opt/a b/kubelet' --x=100%% '--y=$$HOME'"
    assert service["StandardOutput"] == "append:/var/log/slipway/kubelet.log"
    assert service["TimeoutStopSec"] == "20"
    assert parser["Install"]["WantedBy"] == "multi-user.target"
    assert "Environment='A=b c'" in systemd.unit_file(UNIT, Path("/var/log/slipway"))


def test_systemds_report_has_the_supervisors_shape() -> None:
    text = "ActiveState=active\nMainPID=42\nNRestarts=3\nResult=success\n"
    assert systemd.report("slipway-kubelet.service", text) == {
        "name": "kubelet",
        "state": "running",
        "pid": 42,
        "seconds": None,
        "restarts": 3,
        "last": "success",
    }
    assert systemd.report("slipway-x.service", "ActiveState=failed\nMainPID=0\n")["state"] == "stopped"


@pytest.mark.skipif(os.geteuid() == 0, reason="for other users")
def test_others_than_root_are_told() -> None:
    with pytest.raises(SlipwayError, match="needs root"):
        state.need_root()


def test_the_packages_functions_stay_functions() -> None:
    from slipway import node as package

    package.status(NodeConfig(state=Path("/nonexistent"), run=Path("/nonexistent"), logs=Path("/nonexistent")))
    assert package.status(NodeConfig(state=Path("/nonexistent"), run=Path("/nonexistent")))["state"] == "absent"
