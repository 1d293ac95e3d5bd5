"""What a request or the start may fail with, as codes of gRPC; REST answers the HTTP status of each."""

from __future__ import annotations

#: The codes of google.rpc that TensorFlow uses: name → (number, HTTP status of TensorFlow Serving's REST API).
CODES = {
    "OK": (0, 200),
    "CANCELLED": (1, 499),
    "UNKNOWN": (2, 500),
    "INVALID_ARGUMENT": (3, 400),
    "DEADLINE_EXCEEDED": (4, 504),
    "NOT_FOUND": (5, 404),
    "ALREADY_EXISTS": (6, 409),
    "PERMISSION_DENIED": (7, 403),
    "RESOURCE_EXHAUSTED": (8, 429),
    "FAILED_PRECONDITION": (9, 400),
    "ABORTED": (10, 409),
    "OUT_OF_RANGE": (11, 400),
    "UNIMPLEMENTED": (12, 501),
    "INTERNAL": (13, 500),
    "UNAVAILABLE": (14, 503),
    "DATA_LOSS": (15, 500),
    "UNAUTHENTICATED": (16, 401),
}


class ServingError(Exception):
    """A request's fault; ``code`` is a key of ``CODES``, the text what the client reads."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code

    @property
    def http_status(self) -> int:
        return CODES[self.code][1]


def invalid(message: str) -> ServingError:
    """The commonest fault: what was sent does not fit the model."""
    return ServingError("INVALID_ARGUMENT", message)


def code_of(number: int) -> str:
    """The name of a code; what is not known is UNKNOWN."""
    return next((name for name, (value, _) in CODES.items() if value == number), "UNKNOWN")


class BadStart(Exception):
    """The server cannot run as it was started; the text is a sentence, ``exit_code`` what the process ends with."""

    def __init__(self, sentence: str, exit_code: int = 1) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code
