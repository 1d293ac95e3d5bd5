"""What an installation would change, object by object and field by field."""

from slipway.release.diff.model import Change, Field

__all__ = ["Change", "Field"]
