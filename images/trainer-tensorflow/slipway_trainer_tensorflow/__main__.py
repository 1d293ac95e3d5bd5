"""One process of a TFJob: `python3 -m slipway_trainer_tensorflow --data … --output …`, its role from TF_CONFIG.

Workers and parameter servers serve until the job's end; the chief trains, prints `Validation-accuracy=… loss=…` per
epoch, exports the model and ends the job.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

from slipway_mnist import dataset

from slipway_trainer_tensorflow.cluster import BadCluster, Cluster, cluster, wait_for

# Read when TensorFlow is imported: its start-up notes are noise, and connections are retried while pods start.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("GRPC_FAIL_FAST", "use_caller")

#: Threads that run operations side by side. Steps wait for values of other processes in them: with one they never end.
INTER_OP = 4


def main(arguments: list[str] | None = None) -> int:
    """Serve or train, as TF_CONFIG says."""
    given = _parser().parse_args(arguments)
    try:
        here = cluster()
    except BadCluster as error:
        print(error, file=sys.stderr)
        return 2
    return _serve(here, given.threads) if here.role != "chief" else _chief(here, given)


def _serve(here: Cluster, threads: int) -> int:
    import tensorflow as tf

    options = tf.compat.v1.ConfigProto(inter_op_parallelism_threads=INTER_OP, intra_op_parallelism_threads=threads)
    server = tf.distribute.Server(here.members, here.role, here.index, protocol="grpc", config=options)
    print(f"{here.role} {here.index} serves at {here.members[here.role][here.index]}", flush=True)
    server.join()
    return 0


def _chief(here: Cluster, given: argparse.Namespace) -> int:
    import tensorflow as tf

    from slipway_trainer_tensorflow import export
    from slipway_trainer_tensorflow.training import Measured, Settings, train

    tf.config.threading.set_inter_op_parallelism_threads(INTER_OP)
    tf.config.threading.set_intra_op_parallelism_threads(given.threads)
    data = dataset.read(given.data)
    wait_for(here.members["ps"] + here.members["worker"])
    start = time.monotonic()
    strategy = tf.distribute.ParameterServerStrategy(tf.distribute.cluster_resolver.TFConfigClusterResolver())
    settings = Settings(given.lr, given.batch, given.epochs, given.seed)
    last = Measured(0, 0.0, 0.0, {})
    for last in train(strategy, data.train, data.held_out, settings):
        print(f"epoch={last.epoch} Validation-accuracy={last.accuracy:.4f} loss={last.loss:.4f}", flush=True)
    size = export.save(last.weights, given.output / "model.onnx")
    seconds = round(time.monotonic() - start, 2)
    workers, servers = len(here.members["worker"]), len(here.members["ps"])
    facts = {"accuracy": last.accuracy, "seconds": seconds, "bytes": size, "workers": workers, "servers": servers}
    print(json.dumps(facts), flush=True)
    # The coordinator's threads never end by themselves.
    sys.stdout.flush()
    os._exit(0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="slipway_trainer_tensorflow", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="directory with the IDX files")
    parser.add_argument("--output", type=Path, required=True, help="directory for model.onnx")
    parser.add_argument("--lr", type=float, default=0.003)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--epochs", type=int, default=16)
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--threads", type=int, default=1, help="of one process; more only thrash on few cores")
    return parser


if __name__ == "__main__":
    sys.exit(main())
