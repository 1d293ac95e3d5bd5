"""Pages and API of passwords."""

from __future__ import annotations

import json
from typing import Any

from jupyterhub.apihandlers.base import APIHandler
from jupyterhub.handlers.base import BaseHandler
from jupyterhub.scopes import needs_scope
from tornado import web

from slipway_hub.passwords import Unusable

PAGE = """
{% extends "page.html" %}
{% block main %}
<div class="container" style="max-width: 30em">
  <h1>Change your password</h1>
  {% if message %}
  <p class="alert {{ 'alert-success' if done else 'alert-danger' }}" role="alert">{{ message }}</p>
  {% endif %}
  <form method="post" action="{{ base_url }}password">
    <input type="hidden" name="_xsrf" value="{{ xsrf }}">
    <input type="text" name="username" value="{{ user.name }}" autocomplete="username" hidden>
    {% for name, label, kind in fields %}
    <label class="form-label" for="{{ name }}">{{ label }}</label>
    <input class="form-control mb-3" type="password" id="{{ name }}" name="{{ name }}" required
           autocomplete="{{ kind }}">
    {% endfor %}
    <button class="btn btn-jupyter btn-primary" type="submit">Change</button>
  </form>
</div>
{% endblock %}
"""
FIELDS = (
    ("old", "Present password", "current-password"),
    ("new", "New password", "new-password"),
    ("again", "New password, again", "new-password"),
)


class PasswordPage(BaseHandler):
    """One's own password: the present one is asked for, so that an open browser is not enough."""

    @web.authenticated
    async def get(self) -> None:
        """The form."""
        await self._show()

    @web.authenticated
    async def post(self) -> None:
        """Change it, or say why not."""
        name, old, new, again = (
            self.current_user.name,
            *(self.get_body_argument(f, "", strip=False) for f, _, _ in FIELDS),
        )
        authenticator = self.authenticator
        if name in authenticator.admin_users:
            return await self._show("The admin's password is the installation's: slipway users reset admin.")
        if not await authenticator.right(name, old):
            return await self._show("The present password is another one.")
        if new != again:
            return await self._show("The new passwords differ.")
        try:
            authenticator.passwords.put(name, new)
        except Unusable as error:
            return await self._show(f"{str(error).capitalize()}.")
        self.log.info("%s has changed his password", name)
        return await self._show("Your password has been changed.", done=True)

    async def _show(self, message: str = "", *, done: bool = False) -> None:
        template = self.settings["jinja2_env"].from_string(PAGE)
        values = {"message": message, "done": done, "fields": FIELDS, "xsrf": self.xsrf_token.decode("ascii")}
        self.set_status(200 if done or not message else 400)
        self.finish(await template.render_async(**{**self.template_namespace, **values}))


class PasswordsApi(APIHandler):
    """GET: whose passwords there are, and when they were set."""

    @needs_scope("admin:users")
    async def get(self) -> None:
        """{name: RFC 3339}."""
        self.finish(json.dumps(self.authenticator.passwords.changed()))


class PasswordApi(APIHandler):
    """PUT {"password": …} and DELETE, of one user."""

    @needs_scope("admin:users")
    async def put(self, name: str) -> None:
        """204; 404 for an unknown user, 400 for a password that nobody should have."""
        user = self.find_user(name)
        if user is None:
            raise web.HTTPError(404, f"there is no user {name}")
        if user.name in self.authenticator.admin_users:
            raise web.HTTPError(400, "the admin's password is the installation's")
        value: Any = self.get_json_body()
        password = value.get("password") if isinstance(value, dict) else None
        if not isinstance(password, str):
            raise web.HTTPError(400, 'the body is {"password": "…"}')
        try:
            self.authenticator.passwords.put(user.name, password)
        except Unusable as error:
            raise web.HTTPError(400, str(error)) from error
        self.authenticator.throttle.succeeded(user.name)
        self.set_status(204)

    @needs_scope("admin:users")
    async def delete(self, name: str) -> None:
        """204, also where there was none: he cannot log in any more."""
        self.authenticator.passwords.remove(name)
        self.set_status(204)
