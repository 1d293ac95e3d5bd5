"""One request of the REST API: method, path and body → HTTP status and JSON."""

from __future__ import annotations

import logging
import time
from typing import Any

from google.protobuf import json_format

from slipway_tensorflow import examples, paths, predict_json, service
from slipway_tensorflow.errors import ServingError, invalid
from slipway_tensorflow.metrics import Metrics
from slipway_tensorflow.model import DEFAULT_SIGNATURE, Model
from slipway_tensorflow.paths import Which
from slipway_tensorflow.registry import Registry
from slipway_tensorflow.tensors import dumps

log = logging.getLogger("slipway.tensorflow")


class Rest:
    """Safe for threads."""

    def __init__(self, registry: Registry, metrics: Metrics) -> None:
        self._registry, self._metrics = registry, metrics

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        """HTTP status and JSON; never raises."""
        started, model, verb, code = time.monotonic(), "", "", "OK"
        try:
            which, verb = paths.parse(method, path)
            model = which.name
            return 200, dumps(self._do(which, verb, body))
        except ServingError as error:
            code = error.code
            return error.http_status, dumps({"error": str(error)})
        except Exception as error:  # a fault of this server must not look like the client's
            log.exception("%s %s", method, path)
            code = "INTERNAL"
            return 500, dumps({"error": f"internal error: {type(error).__name__}"})
        finally:
            if method == "POST" and verb and code != "NOT_FOUND":  # names of no model would fill the memory
                self._metrics.record(model, verb.capitalize(), "REST", code, time.monotonic() - started)

    def _do(self, which: Which, verb: str, body: bytes) -> dict[str, Any]:
        if verb == "status":
            return self._status(which)
        model = self._registry.model(which)
        if verb == "metadata":
            return metadata(model)
        read = predict_json.document(body)
        name = predict_json.signature_name(read)
        if verb == "predict":
            return _predict(model, name, read)
        given = examples.examples(read, verb)
        outputs = service.of_examples(model, verb, name, [service.serialize(one) for one in given])
        if verb == "regress":
            return {"results": examples.regressions(outputs, len(given))}
        classes = examples.classes(outputs, len(given))
        return {"results": [[[label.decode("utf-8", "surrogateescape"), s] for label, s in one] for one in classes]}

    def _status(self, which: Which) -> dict[str, Any]:
        return {
            "model_version_status": [
                {
                    "version": str(version),
                    "state": state.state,
                    "status": {"error_code": state.code, "error_message": state.message},
                }
                for version, state in self._registry.states(which).items()
            ]
        }


def _predict(model: Model, name: str, read: dict[str, Any]) -> dict[str, Any]:
    if (name or DEFAULT_SIGNATURE) not in model.signatures:
        raise invalid(f'Serving signature name: "{name or DEFAULT_SIGNATURE}" not found in signature def')
    types = model.types(name or DEFAULT_SIGNATURE)
    if not types:
        raise invalid(f"Failed to get input map for signature: {name or 'DEFAULT'}")
    arrays, form = predict_json.inputs(read, types)
    return predict_json.answer(service.predict(model, name, arrays, ()), form)


def metadata(model: Model) -> dict[str, Any]:
    """The model's signatures, as the messages' own JSON form."""
    described = {
        key: json_format.MessageToDict(
            signature, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
        )
        for key, signature in sorted(model.signatures.items())
    }
    return {
        "model_spec": {"name": model.name, "signature_name": "", "version": str(model.version)},
        "metadata": {"signature_def": {"signature_def": described}},
    }
