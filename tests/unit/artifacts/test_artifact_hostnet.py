"""Builds see the host's CA bundle and package indexes; images keep nothing of them."""

from __future__ import annotations

from pathlib import Path

from slipway.artifacts import apt, buildah, hostnet, spec


def test_the_bundle_is_the_first_that_exists(tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.write_text("x")
    missing = str(tmp_path / "missing.pem")
    assert hostnet.ca_bundle({"SSL_CERT_FILE": missing, "REQUESTS_CA_BUNDLE": str(bundle)}) == bundle
    assert hostnet.ca_bundle({"SSL_CERT_FILE": missing}) != Path(missing)


def test_arguments_are_the_same_on_every_machine(monkeypatch: object) -> None:
    arguments = hostnet.build_arguments(bundle=True)
    assert arguments["SSL_CERT_FILE"] == arguments["REQUESTS_CA_BUNDLE"] == f"{hostnet.MOUNT}/ca.pem"
    assert all(value.startswith(hostnet.MOUNT) or "/" not in value for value in arguments.values())
    assert "SSL_CERT_FILE" not in hostnet.build_arguments(bundle=False)


def test_each_stage_declares_them() -> None:
    text = "ARG BASE\nFROM ${BASE} AS build\nRUN make\n\nFROM ${BASE}\nCOPY --from=build /x /x"
    assert hostnet.with_arguments(text, {"B": "2", "A": "1"}) == (
        "ARG BASE\nFROM ${BASE} AS build\nARG A=1\nARG B=2\nRUN make\n\n"
        "FROM ${BASE}\nARG A=1\nARG B=2\nCOPY --from=build /x /x"
    )


def test_pip_takes_variables_before_files_and_no_directories() -> None:
    files = ["[global]\nindex-url = https://file.example.org\ntimeout = 5\ncache-dir = /x\nfind-links = /opt/wheels\n"]
    settings = hostnet.pip_settings(files, {"PIP_INDEX_URL": "https://variable.example.org"})
    text = hostnet.pip_conf(settings, bundle=True)
    assert text.splitlines() == [
        "[global]",
        f"cert = {hostnet.MOUNT}/ca.pem",
        "index-url = https://variable.example.org",
        "timeout = 5",
    ]


def test_npm_takes_registries_and_their_tokens_only() -> None:
    files = ["registry=https://npm.example.org/\n//npm.example.org/:_authToken=t\ncache=/x\ncafile=/host/ca.pem\n"]
    lines = hostnet.npmrc(files, {}, bundle=True).splitlines()
    assert "registry=https://npm.example.org/" in lines
    assert "//npm.example.org/:_authToken=t" in lines
    assert f"cafile={hostnet.MOUNT}/ca.pem" in lines
    assert not any("/host" in line or line.startswith("cache=") for line in lines)


def test_apt_takes_proxies_and_keeps_its_files_outside_of_the_image() -> None:
    dump = 'Acquire::http::Proxy "http://proxy.example.org:3128";\nAPT::Architecture "amd64";\n'
    text = hostnet.apt_conf(hostnet.apt_options(dump), bundle=True)
    assert 'Acquire::http::Proxy "http://proxy.example.org:3128";' in text
    assert "Architecture" not in text
    assert f'Dir::Cache::Archives "{hostnet.PACKAGES}/archives";' in text
    assert f'Acquire::https::CAInfo "{hostnet.MOUNT}/ca.pem";' in text


def test_the_mounted_directory(tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.write_text("an authority")
    sources = [apt.Source("http://a.example.org/debian", "bookworm", ("main",), (("signed-by", "/host/key.gpg"),))]
    assert hostnet.write(tmp_path / "host", sources, {"SSL_CERT_FILE": str(bundle)})
    assert (tmp_path / "host" / "ca.pem").read_text() == "an authority"
    assert (tmp_path / "host" / "sources.list").read_text() == "deb http://a.example.org/debian bookworm main\n"


def test_buildah_gets_them_as_mounts_not_as_environment(write_image: object, tmp_path: Path) -> None:
    assert callable(write_image)
    image = spec.read_image(write_image("app", "base"))
    mounts = {f"{hostnet.MOUNT}:ro": tmp_path / "host"}
    out = tmp_path / "out"
    words = [str(word) for word in buildah.arguments(image, "localhost/base-1", Path("D"), Path("c"), mounts, out)]
    assert f"--tag=dir:{out}" in words
    assert f"--volume={tmp_path}/host:{hostnet.MOUNT}:ro" in words
    assert "--build-arg=BASE=localhost/base-1" in words
    assert "--isolation=chroot" in words
    assert "--annotation=org.opencontainers.image.licenses=MIT" in words
    assert not [word for word in words if word.startswith("--env") or "ca.pem" in word]


def test_a_build_s_new_apt_folder_has_the_lists_of_another(tmp_path: Path) -> None:
    first = buildah.apt_folders(tmp_path / "0")
    assert (first / "archives" / "partial").is_dir()
    (first / "lists" / "example.org_dists_bookworm_InRelease").write_text("one")
    (first / "lists" / "lock").write_text("")
    second = buildah.apt_folders(tmp_path / "1")
    assert [path.name for path in (second / "lists").glob("*") if path.is_file()] == [
        "example.org_dists_bookworm_InRelease"
    ]
    (second / "lists" / "example.org_dists_bookworm_InRelease").write_text("two")
    assert (buildah.apt_folders(second) / "lists" / "example.org_dists_bookworm_InRelease").read_text() == "two"
