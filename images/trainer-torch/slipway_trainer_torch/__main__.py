"""Train and export: `python3 -m slipway_trainer_torch --data … --lr … --momentum … --output …`.

Every epoch prints `Validation-accuracy=… loss=…` for Katib's StdOut collector; the end is one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import torch
from slipway_mnist import dataset

from slipway_trainer_torch import export, processes
from slipway_trainer_torch.model import Net
from slipway_trainer_torch.place import place
from slipway_trainer_torch.training import Measured, Settings, train


def main(arguments: list[str] | None = None) -> int:
    """Train as asked; the master writes ``model.onnx`` into the output directory."""
    given = _parser().parse_args(arguments)
    torch.set_num_threads(given.threads)
    torch.manual_seed(given.seed)
    here = place()
    settings = Settings(given.lr, given.momentum, given.batch, given.epochs, given.seed, here.rank, here.ranks)
    data = dataset.read(given.data)
    net = Net()
    start = time.monotonic()
    last = Measured(0, 0.0, 0.0)
    for last in train(processes.join(net, here), data.train, data.held_out, settings):
        if here.master:
            print(f"epoch={last.epoch} Validation-accuracy={last.accuracy:.4f} loss={last.loss:.4f}", flush=True)
    if here.master:
        size = export.save(net, given.output / "model.onnx") if given.output else 0
        seconds = round(time.monotonic() - start, 2)
        facts = {"accuracy": last.accuracy, "seconds": seconds, "bytes": size}
        print(json.dumps({**facts, "ranks": here.ranks}), flush=True)
    processes.leave(here)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="slipway_trainer_torch", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="directory with the IDX files")
    parser.add_argument("--output", type=Path, help="directory for model.onnx")
    parser.add_argument("--lr", type=float, required=True)
    parser.add_argument("--momentum", type=float, required=True)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--threads", type=int, default=1, help="of one process; more only thrash on few cores")
    return parser


if __name__ == "__main__":
    sys.exit(main())
