"""Adam, with its state on the parameter servers next to the parameters.

Source: Kingma and Ba, "Adam: a method for stochastic optimization", algorithm 1. (Keras' optimizers are not made for
the parameter server strategy any more.)
"""

from __future__ import annotations

from dataclasses import dataclass

import tensorflow as tf

from slipway_trainer_tensorflow.model import Parameters

BETA1, BETA2, TINY = 0.9, 0.999, 1e-7


@dataclass(frozen=True)
class Adam:
    """First and second moments by parameter; ``steps`` counts the updates."""

    first: Parameters
    second: Parameters
    steps: tf.Variable

    @classmethod
    def create(cls, parameters: Parameters) -> Adam:
        """The state for parameters; within a strategy's scope it lives on its servers."""

        def zeros(suffix: str) -> Parameters:
            return {name: tf.Variable(tf.zeros(v.shape), name=f"{name}-{suffix}") for name, v in parameters.items()}

        return cls(zeros("first"), zeros("second"), tf.Variable(0.0, name="steps"))

    def update(self, parameters: Parameters, gradients: dict[str, tf.Tensor], lr: tf.Tensor) -> None:
        """One step down the gradients."""
        self.steps.assign_add(1.0)
        steps = self.steps.read_value()
        rate = lr * tf.sqrt(1 - BETA2**steps) / (1 - BETA1**steps)
        for name, gradient in gradients.items():
            first = BETA1 * self.first[name] + (1 - BETA1) * gradient
            second = BETA2 * self.second[name] + (1 - BETA2) * gradient * gradient
            self.first[name].assign(first)
            self.second[name].assign(second)
            parameters[name].assign_sub(rate * first / (tf.sqrt(second) + TINY))
