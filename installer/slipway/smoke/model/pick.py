"""Measures ONNX models on the held-out digits with the class that will serve, and lays out the better one.

Runs in the serving image, from a ConfigMap. Every line of output is one JSON object.
"""

import argparse
import base64
import gzip
import importlib
import json
import shutil
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np

HEADER = {"t10k-images-idx3-ubyte": 16, "t10k-labels-idx1-ubyte": 8}
#: A line of a container's log is cut at 16 KiB.
CHUNK = 12000


def read(directory: Path, name: str) -> Any:
    """The bytes of an IDX file behind its header."""
    plain = directory / name
    content = plain.read_bytes() if plain.exists() else gzip.decompress((directory / f"{name}.gz").read_bytes())
    return np.frombuffer(content, np.uint8, offset=HEADER[name])


def main() -> None:
    """Measure, choose, lay out, and print the digits that will be asked through the gateway."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", action="append", required=True, help="FRAMEWORK=FILE")
    parser.add_argument("--source", type=Path, required=True, help="directory with the class and its environment")
    parser.add_argument("--target", type=Path, required=True, help="the model's directory, made anew")
    parser.add_argument("--show", type=int, required=True, help="digits to print")
    arguments = parser.parse_args()
    sys.path.insert(0, str(arguments.source))
    classifier = importlib.import_module("MnistClassifier").MnistClassifier

    labels = read(arguments.data, "t10k-labels-idx1-ubyte")
    images = read(arguments.data, "t10k-images-idx3-ubyte").reshape(-1, 784)
    scores: dict[str, tuple[float, str]] = {}
    for framework, _, path in (model.partition("=") for model in arguments.model):
        probabilities = classifier(path).predict(images / 255)
        accuracy = float((probabilities.argmax(axis=1) == labels).mean())
        scores[framework] = accuracy, path
        say(event="score", framework=framework, accuracy=accuracy, bytes=Path(path).stat().st_size)
    best = max(scores, key=lambda framework: scores[framework])
    shutil.rmtree(arguments.target, ignore_errors=True)
    (arguments.target / ".s2i").mkdir(parents=True)
    shutil.copy(arguments.source / "MnistClassifier.py", arguments.target)
    shutil.copy(arguments.source / "environment", arguments.target / ".s2i" / "environment")
    shutil.copy(scores[best][1], arguments.target / "model.onnx")
    say(event="best", framework=best)
    digits = np.concatenate([labels[: arguments.show], images[: arguments.show].reshape(-1)]).tobytes()
    text = base64.b64encode(zlib.compress(digits, 9)).decode()
    parts = [text[start : start + CHUNK] for start in range(0, len(text), CHUNK)]
    for number, part in enumerate(parts):
        say(event="digits", count=min(arguments.show, len(labels)), part=number, parts=len(parts), content=part)


def say(**event: object) -> None:
    """One line of JSON."""
    print(json.dumps(event), flush=True)


if __name__ == "__main__":
    main()
