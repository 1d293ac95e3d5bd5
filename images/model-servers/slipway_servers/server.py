"""What all servers of a stored model do alike."""

from __future__ import annotations

from typing import Any

from slipway_servers import files


class StoredModel:
    """A model in a directory; a server says how it is read (``_read``) and asked (``predict``)."""

    def __init__(self, model_uri: str) -> None:
        self.directory = model_uri

    def load(self) -> None:
        """Read the model; called once in each server process, before it takes requests."""
        self.model = files.loaded(self._read)

    def _read(self) -> Any:
        raise NotImplementedError

    def init_metadata(self) -> dict[str, Any]:
        """The model's description of itself; asked for before the model is loaded."""
        return files.loaded(lambda: files.metadata(self.directory))
