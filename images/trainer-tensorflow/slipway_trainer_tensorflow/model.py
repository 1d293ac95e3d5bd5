"""The network as plain variables and operations, so that a parameter server can hold every one of them."""

from __future__ import annotations

import math

import tensorflow as tf

#: Shapes of the parameters: convolutions as [height, width, in, out], images as [n, height, width, channels].
SHAPES = {
    "conv1": (5, 5, 1, 16),
    "bias1": (16,),
    "conv2": (5, 5, 16, 32),
    "bias2": (32,),
    "dense1": (7 * 7 * 32, 64),
    "bias3": (64,),
    "dense2": (64, 10),
    "bias4": (10,),
}
STRIDE = 2

Parameters = dict[str, tf.Variable]


def create(seed: int) -> Parameters:
    """New parameters: weights by He's rule, biases zero. Within a strategy's scope they live on its servers."""
    return {
        name: tf.Variable(_initial(shape, seed + place), name=name)
        for place, (name, shape) in enumerate(SHAPES.items())
    }


def _initial(shape: tuple[int, ...], seed: int) -> tf.Tensor:
    if len(shape) == 1:
        return tf.zeros(shape)
    return tf.random.stateless_normal(shape, (seed, 0)) * math.sqrt(2 / math.prod(shape[:-1]))


def logits(parameters: Parameters, images: tf.Tensor) -> tf.Tensor:
    """Logits ``[n, 10]`` of images ``[n, 28, 28, 1]`` with values 0…1."""
    first = tf.nn.relu(tf.nn.conv2d(images, parameters["conv1"], STRIDE, "SAME") + parameters["bias1"])
    second = tf.nn.relu(tf.nn.conv2d(first, parameters["conv2"], STRIDE, "SAME") + parameters["bias2"])
    flat = tf.reshape(second, (-1, SHAPES["dense1"][0]))
    hidden = tf.nn.relu(flat @ parameters["dense1"] + parameters["bias3"])
    return hidden @ parameters["dense2"] + parameters["bias4"]
