"""Who may log in: the admin with the installation's password, everybody else with one of his own."""

from __future__ import annotations

import asyncio
import hmac
import math
import time
from typing import Any

from jupyterhub.auth import Authenticator
from tornado import web
from traitlets import Unicode

from slipway_hub.passwords import Passwords
from slipway_hub.throttle import Throttle

#: Passwords that are looked at at a time: each takes memory.
AT_ONCE = 2


class PasswordAuthenticator(Authenticator):
    """Passwords are set by an admin (``slipway users``, or the API), and changed by their users at /hub/password."""

    path = Unicode(config=True, help="the SQLite file in which the hashes are")
    admin_password = Unicode(config=True, help="of all of admin_users; it is the installation's, and not kept here")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        # Whoever has a password was given it by an admin.
        self.allow_all = True
        self.passwords, self.throttle = Passwords(self.path), Throttle()
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def authenticate(self, handler: Any, data: dict[str, str]) -> str | None:
        """The user's name, or None. Raises HTTP 429 when too many tries have failed."""
        name = self.normalize_username(data.get("username", ""))
        return name if await self.right(name, data.get("password", "")) else None

    async def right(self, name: str, password: str) -> bool:
        """Whether it is the user's password; a wrong one counts. Raises HTTP 429."""
        wait = self.throttle.wait(name, time.monotonic())
        if wait:
            raise web.HTTPError(429, f"Too many wrong passwords for {name}: try again in {math.ceil(wait)} s")
        # Counted before it is known: tries that come at the same time count, too.
        self.throttle.failed(name, time.monotonic())
        if name in self.admin_users:
            right = hmac.compare_digest(password.encode(), self.admin_password.encode())
        else:
            async with self._turns:
                right = await asyncio.get_running_loop().run_in_executor(None, self.passwords.right, name, password)
        if right:
            self.throttle.succeeded(name)
        return right

    def delete_user(self, user: Any) -> None:
        """With a user goes his password."""
        self.passwords.remove(user.name)

    def get_handlers(self, app: Any) -> list[tuple[str, Any]]:
        """The login page, the page to change one's password, and an API for admins."""
        from slipway_hub.handlers import PasswordApi, PasswordPage, PasswordsApi

        return [
            *super().get_handlers(app),
            ("/password", PasswordPage),
            ("/api/slipway/passwords", PasswordsApi),
            ("/api/slipway/passwords/([^/]+)", PasswordApi),
        ]
