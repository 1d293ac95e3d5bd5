"""Signatures of bundles: what the owner of the key made is taken, anything else is refused. Beside minisign itself."""

from __future__ import annotations

import base64
import shutil
import subprocess
from pathlib import Path

import pytest
from minisign import KeyPair
from slipway import signing
from slipway.artifacts.fetch import Damaged
from slipway.bundle import archive, model, signed, sums
from slipway.bundle.opened import Bundle
from slipway.cli.main import main
from slipway.errors import BadInput, SlipwayError

ABOUT = model.About("0.1.0", "ci", "amd64", "bookworm", "3.11")
LOCK = "format: 1\narchitecture: amd64\nartifacts: {}\nblobs: {}\n"
COMMENT = "timestamp:1\tfile:a.bundle"
PASSPHRASE = "correct horse"


def write(tmp_path: Path, name: str, data: bytes = b"") -> Path:
    staged = tmp_path / f"{name}.d"
    (staged / "blobs").mkdir(parents=True)
    (staged / "bundle.json").write_text(ABOUT.text())
    (staged / "artifacts.lock.yaml").write_text(LOCK)
    (staged / "blobs/x").write_bytes(data * 700_000)
    (staged / model.SUMS).write_text(sums.of_directory(staged))
    archive.write(staged, tmp_path / name)
    return tmp_path / name


class Keys:
    """A key pair of minisign's, in files: encrypted by PASSPHRASE."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir()
        pair = KeyPair.generate()
        self.public, self.secret = directory / "minisign.pub", directory / "minisign.key"
        self.public.write_bytes(bytes(pair.public_key) + b"\n")
        # Weak on purpose: a key that takes a second to open is one for every test.
        pair.secret_key.encrypt(PASSPHRASE, opslimit=32768, memlimit=1 << 20)
        self.secret.write_bytes(bytes(pair.secret_key) + b"\n")

    def sign(self, file: Path) -> Path:
        return signing.sign(file, signing.secret_key(self.secret, lambda: PASSPHRASE, "key"), COMMENT)


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path / "keys")


@pytest.fixture
def bundle(tmp_path: Path, keys: Keys) -> Path:
    file = write(tmp_path, "a.bundle", b"abc")
    keys.sign(file)
    return file


def exits(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    return int(ended.value.code or 0)


def refused(file: Path, key: Path | str) -> str:
    with pytest.raises(SlipwayError) as error:
        signed.check(Bundle(file), str(key), "--key")
    return str(error.value)


def test_a_signed_bundle_is_taken_by_file_and_by_the_key_itself(bundle: Path, keys: Keys) -> None:
    for key in (str(keys.public), keys.public.read_text().splitlines()[1]):
        assert signed.check(Bundle(bundle), key, "--key") == COMMENT


def test_a_bundle_without_a_signature(bundle: Path, keys: Keys) -> None:
    signing.beside(bundle).unlink()
    assert "is not signed: there is no a.bundle.minisig" in refused(bundle, keys.public)


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("first", "not a tar file"),
        ("sums", "has the sha256"),
        ("member", "the signature is not this file's"),
        ("last", "the signature is not this file's"),
        ("longer", "the signature is not this file's"),
    ],
)
def test_a_changed_bundle(bundle: Path, keys: Keys, where: str, words: str) -> None:
    index = archive.index(bundle)
    place = {"first": 110, "member": index["blobs/x"].offset + 9, "sums": index[model.SUMS].offset + 5}
    size = bundle.stat().st_size
    with bundle.open("r+b") as handle:
        handle.seek(place.get(where, size - 1 if where == "last" else size))
        handle.write(b"1")
    assert words in refused(bundle, keys.public)


def test_a_bundle_that_others_made_with_sums_that_fit(bundle: Path, keys: Keys, tmp_path: Path) -> None:
    """What checksums alone do not see."""
    write(tmp_path, "b.bundle", b"xyz").replace(bundle)
    assert sums.faults(bundle) == []
    assert "the signature is not this file's" in refused(bundle, keys.public)


def test_another_key_and_another_files_signature(bundle: Path, keys: Keys, tmp_path: Path) -> None:
    other = Keys(tmp_path / "others")
    assert "is signed with another key" in refused(bundle, other.public)
    theirs = other.sign(write(tmp_path, "b.bundle", b"abd"))
    shutil.copy(theirs, signing.beside(bundle))
    assert "is signed with another key" in refused(bundle, keys.public)
    shutil.copy(keys.sign(tmp_path / "b.bundle"), signing.beside(bundle))
    assert "the signature is not this file's" in refused(bundle, keys.public)


def test_another_key_that_claims_to_be_ours(bundle: Path, keys: Keys, tmp_path: Path) -> None:
    """A key's number is not secret: it says which key to try, and proves nothing."""
    theirs = Keys(tmp_path / "others").sign(bundle).read_bytes().splitlines()
    number = base64.b64decode(keys.public.read_bytes().splitlines()[1])[2:10]
    raw = base64.b64decode(theirs[1])
    theirs[1] = base64.b64encode(raw[:2] + number + raw[10:])
    signing.beside(bundle).write_bytes(b"\n".join(theirs))
    assert "the signature is not this file's" in refused(bundle, keys.public)


def test_every_truncated_or_changed_signature(bundle: Path, keys: Keys) -> None:
    file = signing.beside(bundle)
    whole = file.read_bytes()
    for length in range(len(whole) - 1):  # the last byte is the end of the line
        file.write_bytes(whole[:length])
        refused(bundle, keys.public)
    first = whole.index(b"\n") + 1  # the untrusted comment is what it says
    for place in range(first, len(whole) - 1, 3):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        refused(bundle, keys.public)
    file.write_bytes(whole)
    assert signed.check(Bundle(bundle), str(keys.public), "--key") == COMMENT


def test_the_old_form_is_refused(bundle: Path, keys: Keys) -> None:
    key = signing.secret_key(keys.secret, lambda: PASSPHRASE, "key")
    signing.beside(bundle).write_bytes(bytes(key.sign(bundle.read_bytes(), prehash=False)))
    assert "old form" in refused(bundle, keys.public)


def test_a_bundle_exchanged_between_its_opening_and_the_check(bundle: Path, keys: Keys, tmp_path: Path) -> None:
    """Signed, too: but not the one whose sums are in use."""
    first = Bundle(bundle)
    write(tmp_path, "b.bundle", b"xyz").replace(bundle)
    keys.sign(bundle)
    with pytest.raises(Damaged, match="was changed while it was read"):
        signed.check(first, str(keys.public), "--key")


@pytest.mark.parametrize("text", ["", "RWnonsense", "untrusted comment: x\nRWnonsense\n", "\0" * 40000])
def test_what_is_no_public_key(bundle: Path, tmp_path: Path, text: str) -> None:
    (tmp_path / "odd").write_text(text)
    with pytest.raises(BadInput):
        signed.check(Bundle(bundle), str(tmp_path / "odd"), "--key")


def test_what_is_no_secret_key_and_a_wrong_passphrase(tmp_path: Path, keys: Keys) -> None:
    with pytest.raises(BadInput, match="wrong password"):
        signing.secret_key(keys.secret, lambda: "wrong", "--sign")
    with pytest.raises(BadInput, match="cannot be used"):
        signing.secret_key(keys.public, lambda: "", "--sign")
    with pytest.raises(BadInput, match="No such file"):
        signing.secret_key(tmp_path / "none", lambda: "", "--sign")
    plain = tmp_path / "plain"
    plain.write_bytes(bytes(KeyPair.generate().secret_key))
    plain.chmod(0o644)
    with pytest.raises(BadInput, match="others can read it"):
        signing.secret_key(plain, lambda: pytest.fail("it asks"), "--sign")
    plain.chmod(0o600)
    signing.secret_key(plain, lambda: pytest.fail("it asks"), "--sign")


def test_verify_fails_closed(
    bundle: Path, keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert exits("bundle", "verify", str(bundle), "--key", str(keys.public)) == 0
    assert COMMENT in capsys.readouterr().out
    assert exits("bundle", "verify", str(bundle), "--key", "") == 2  # an empty variable is not "no key"
    (tmp_path / "slipway.yaml").write_text(f"bundle:\n  key: {keys.public}\n")
    assert exits("bundle", "verify", str(bundle)) == 0
    signing.beside(bundle).unlink()
    assert exits("bundle", "verify", str(bundle)) == 1
    assert "is not signed" in capsys.readouterr().err


def test_up_refuses_before_it_uses_anything(
    bundle: Path, keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("slipway.bundle.use.refuse_others", lambda opened: None)
    monkeypatch.setattr("slipway.bundle.use.use", lambda opened, reporter: pytest.fail("it is used"))
    signing.beside(bundle).unlink()
    assert exits("up", "--bundle", str(bundle), "--key", str(keys.public)) == 1
    assert "is not signed" in capsys.readouterr().err
    (tmp_path / "slipway.yaml").write_text(f"bundle:\n  key: {keys.public}\n")
    assert exits("up", "--bundle", str(bundle)) == 1
    assert exits("up", "--key", str(keys.public)) == 2


def test_a_key_that_cannot_be_opened_is_said_before_anything_is_built(
    keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("slipway.cli.bundle.collect", lambda found: pytest.fail("it builds"))
    (tmp_path / "wrong").write_text("wrong\n")
    create = ("bundle", "create", "-o", str(tmp_path / "new.bundle"), "--overlay", "ci")
    assert exits(*create, "--sign", str(keys.secret), "--passphrase-file", str(tmp_path / "wrong")) == 2
    assert exits(*create, "--passphrase-file", str(tmp_path / "wrong")) == 2
    assert exits(*create, "--sign", str(keys.secret)) == 2  # nobody is there to be asked
    assert "--passphrase-file FILE" in capsys.readouterr().err


def test_create_signs_what_it_wrote_and_drops_an_older_signature(
    keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("slipway.cli.bundle.collect", lambda found: [])
    monkeypatch.setattr(
        "slipway.bundle.create.create",
        lambda out, overlay, artifacts, reporter: write(tmp_path, "made", b"new").replace(out),
    )
    out = tmp_path / "new.bundle"
    signing.beside(out).write_text("old")
    (tmp_path / "words").write_text(f"{PASSPHRASE}\n")
    create = ("bundle", "create", "-o", str(out), "--overlay", "ci")
    assert exits(*create, "--sign", str(keys.secret), "--passphrase-file", str(tmp_path / "words")) == 0
    assert PASSPHRASE not in "".join(capsys.readouterr())
    assert "file:new.bundle\tslipway 0.1.0, overlay ci" in signed.check(Bundle(out), str(keys.public), "--key")
    shutil.rmtree(tmp_path / "made.d")
    assert exits(*create) == 0
    assert not signing.beside(out).exists()


def minisign(*words: str | Path, text: str = "") -> subprocess.CompletedProcess[str]:
    program = shutil.which("minisign")
    if program is None:
        pytest.skip("minisign is not on this machine")
    return subprocess.run([program, *map(str, words)], input=text, capture_output=True, text=True, check=False)


def test_minisign_itself_takes_our_signatures(bundle: Path, keys: Keys) -> None:
    done = minisign("-V", "-m", bundle, "-p", keys.public)
    assert done.returncode == 0, done.stderr
    assert "Trusted comment: timestamp:1" in done.stdout
    with bundle.open("ab") as handle:
        handle.write(b"x")
    assert minisign("-V", "-m", bundle, "-p", keys.public).returncode != 0


def test_we_take_keys_and_signatures_of_minisign_itself(tmp_path: Path) -> None:
    file, public, secret = write(tmp_path, "m.bundle", b"abc"), tmp_path / "m.pub", tmp_path / "m.key"
    made = minisign("-G", "-W", "-p", public, "-s", secret)
    assert made.returncode == 0, made.stderr
    secret.chmod(0o600)
    done = minisign("-S", "-m", file, "-s", secret, "-t", "theirs")
    assert done.returncode == 0, done.stderr
    assert signed.check(Bundle(file), str(public), "--key") == "theirs"
    signing.sign(file, signing.secret_key(secret, lambda: pytest.fail("it asks"), "key"), COMMENT)
    assert minisign("-V", "-m", file, "-p", public).returncode == 0
