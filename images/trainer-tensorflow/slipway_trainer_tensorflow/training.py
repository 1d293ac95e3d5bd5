"""The chief's part: it schedules steps on the workers, the parameter servers hold the parameters."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from slipway_mnist.dataset import SIDE, Part

from slipway_trainer_tensorflow import model
from slipway_trainer_tensorflow.adam import Adam

SHIFT = 1
Weights = dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Settings:
    """``lr`` is Adam's, at the start; it falls to zero by a cosine."""

    lr: float
    batch: int
    epochs: int
    seed: int


@dataclass(frozen=True)
class Measured:
    """After an epoch (from 1): accuracy 0…1 and loss on the held-out part, and the weights."""

    epoch: int
    accuracy: float
    loss: float
    weights: Weights


def images(part: Part) -> NDArray[np.float32]:
    """Images ``[n, 28, 28, 1]`` with values 0…1."""
    return part.rows().reshape(-1, SIDE, SIDE, 1)


def train(strategy: Any, training: Part, held_out: Part, settings: Settings) -> Iterator[Measured]:
    """Train with a ParameterServerStrategy; yields a measurement per epoch."""
    coordinator = tf.distribute.coordinator.ClusterCoordinator(strategy)
    with strategy.scope():
        parameters = model.create(settings.seed)
        adam = Adam.create(parameters)

    @tf.function  # type: ignore[untyped-decorator]
    def step(batch: tf.Tensor, labels: tf.Tensor, lr: tf.Tensor) -> None:
        with tf.GradientTape() as tape:
            scores = model.logits(parameters, batch)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, scores))
        names = list(parameters)
        gradients = tape.gradient(loss, [parameters[name] for name in names])
        adam.update(parameters, dict(zip(names, gradients, strict=True)), lr)

    random = np.random.default_rng(settings.seed)
    pictures, labels = images(training), training.labels.astype(np.int32)
    for epoch in range(1, settings.epochs + 1):
        lr = np.float32(settings.lr * (1 + math.cos(math.pi * (epoch - 1) / settings.epochs)) / 2)
        order = random.permutation(len(labels))
        for start in range(0, len(order) - settings.batch + 1, settings.batch):
            chosen = order[start : start + settings.batch]
            shift = tuple(random.integers(-SHIFT, SHIFT + 1, 2))
            coordinator.schedule(step, args=(np.roll(pictures[chosen], shift, (1, 2)), labels[chosen], lr))
        coordinator.join()
        yield measure({name: value.numpy() for name, value in parameters.items()}, held_out, epoch)


def measure(weights: Weights, part: Part, epoch: int = 0) -> Measured:
    """Accuracy and loss on a part, computed here."""
    pictures = images(part)
    scores = np.concatenate([_logits(weights, pictures[i : i + 1000]) for i in range(0, len(pictures), 1000)])
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(part.labels.astype(np.int32), scores))
    return Measured(epoch, float((scores.argmax(axis=1) == part.labels).mean()), float(loss), weights)


def _logits(weights: Weights, pictures: NDArray[np.float32]) -> NDArray[np.float32]:
    # Everything by hand on this process: a scheduled function would run on a worker.
    with tf.device("/job:chief/replica:0/task:0/device:CPU:0"):
        scores: NDArray[np.float32] = model.logits(weights, tf.constant(pictures)).numpy()
    return scores
