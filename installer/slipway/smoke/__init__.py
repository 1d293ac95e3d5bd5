"""The smoke test: MNIST from data to a prediction through the gateway, on the real components.

``run(options, kube, reporter)`` does it and returns a SmokeReport; it does not raise for a step that fails (the report
says so, with the cause) but for input that cannot be used (BadInput), before anything is created.
"""

from slipway.smoke.options import SmokeOptions
from slipway.smoke.results import SmokeReport
from slipway.smoke.run import run

#: Images that a run uses, by their names under images/.
IMAGES = ("trainer-torch", "trainer-tensorflow", "builder", "serving")

__all__ = ["IMAGES", "SmokeOptions", "SmokeReport", "run"]
