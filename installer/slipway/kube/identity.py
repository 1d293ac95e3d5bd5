"""Who asks, as headers: a token, a name with a password, somebody else whom the user acts for.

Source: the AuthInfo type of client-go's clientcmd/api/v1, and its transport's round trippers.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from slipway.errors import BadInput

#: What a user may have. Anything else would be left out without a word.
_KNOWN = {
    "token", "tokenFile", "username", "password", "exec", "as", "as-uid", "as-groups", "as-user-extra", "extensions",
    "client-certificate", "client-certificate-data", "client-key", "client-key-data",
}  # fmt: skip
Pairs = tuple[tuple[str, str], ...]


class Fields(dict[str, str]):
    """Headers; ``more`` are some that stand there several times, as those of groups do."""

    def __init__(self, *fields: Any, more: Pairs = ()) -> None:
        super().__init__(*fields)
        self.more = more

    def items(self) -> Any:
        """All of them, one line each."""
        return [*super().items(), *self.more]

    def copy(self) -> Fields:
        """With what stands there several times."""
        return Fields(dict(super().items()), more=self.more)


def check(user: Mapping[str, Any], where: str) -> None:
    """Raises BadInput for ways to log in that nobody here knows: left out, they would have somebody else ask."""
    if user.get("auth-provider"):
        name = (user["auth-provider"] or {}).get("name", "")
        raise BadInput(
            f"auth-provider {name}: Kubernetes has replaced these", where, "use its credential plugin (exec) instead"
        )
    unknown = sorted(key for key in set(user) - _KNOWN if user[key])
    if unknown:
        raise BadInput(f"{unknown[0]}: nobody here knows this way to log in", where, "use a token, certificate or exec")
    if user.get("exec") and (user.get("token") or user.get("tokenFile") or user.get("username")):
        raise BadInput("exec is given beside another way to log in", where, "leave one of them out")


def token(user: Mapping[str, Any], where: str) -> str:
    """The token now: one in a file is renewed there (a Pod's every hour). Raises BadInput for what is not a token."""
    value = str(user.get("token") or "")
    if file := user.get("tokenFile"):
        try:
            value = Path(file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            if not value:
                why = error.strerror if isinstance(error, OSError) else "no text"
                raise BadInput(f"tokenFile {file}: {why}", where, "name a file that is there") from error
    return checked(value, where)


def checked(text: str, where: str) -> str:
    """Without blanks at its ends, as in files that end with a line. Raises BadInput for others in it."""
    value = text.strip()
    if not value.isascii() or any(character <= " " or character == "\x7f" for character in value):
        raise BadInput("the token has blanks, line ends or other characters that no header has", where, "copy it anew")
    return value


def authorization(user: Mapping[str, Any], where: str) -> str:
    """The header's value, "" for nobody. A plugin's token is not asked for here."""
    if bearer := token(user, where):
        return f"Bearer {bearer}"
    if user.get("username"):
        name = f"{user['username']}:{user.get('password') or ''}"
        return f"Basic {base64.b64encode(name.encode()).decode()}"
    return ""


def acting(user: Mapping[str, Any], where: str) -> Pairs:
    """Whom the user acts for. Raises BadInput where groups or more are said without a name: kubectl refuses it, too."""
    name = str(user.get("as") or "")
    rest = any(user.get(key) for key in ("as-uid", "as-groups", "as-user-extra"))
    if not name:
        if rest:
            raise BadInput("as-groups, as-uid or as-user-extra without as", where, "say as whom: as: NAME")
        return ()
    return tuple(_acting(name, user))


def _acting(name: str, user: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "Impersonate-User", name
    if user.get("as-uid"):
        yield "Impersonate-Uid", str(user["as-uid"])
    for group in user.get("as-groups") or ():
        yield "Impersonate-Group", str(group)
    for key, values in (user.get("as-user-extra") or {}).items():
        for value in values:
            yield f"Impersonate-Extra-{quote(str(key).lower(), safe='')}", str(value)
