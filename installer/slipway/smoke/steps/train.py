"""Step `train`: the best parameters in full, by a PyTorchJob and a TFJob at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from slipway.errors import SlipwayError
from slipway.kube import Obj
from slipway.smoke import judges
from slipway.smoke.context import Context
from slipway.smoke.objects import training
from slipway.smoke.results import Model
from slipway.smoke.steps import epochs, results


def train(context: Context) -> str:
    """Run both jobs. Raises SlipwayError with the cause of the first that fails."""
    options, report = context.options, context.report
    if report.dataset is None:
        raise SlipwayError("there is no data set", "train")
    rounds = epochs.of_training(options, report.dataset)
    jobs = {
        "pytorch": training.pytorch(options, context.run, context.data_directory, rounds, report.best),
        "tensorflow": training.tensorflow(options, context.run, context.data_directory, rounds),
    }
    with ThreadPoolExecutor(len(jobs)) as pool:
        futures = [pool.submit(_one, context, framework, job) for framework, job in jobs.items()]
        # In order of the list: the exception of a job that failed is the step's.
        report.models = [future.result() for future in futures]
    scores = ", ".join(f"{model.framework} {model.trained_accuracy:.3f}" for model in report.models)
    return f"{rounds} epochs: {scores} (a master and a worker; a chief, a worker and a parameter server)"


def _one(context: Context, framework: str, job: Obj) -> Model:
    name = job["metadata"]["name"]
    pods = f"training.kubeflow.org/job-name={name}"
    context.finish(job, judges.training, "train", pods)
    first = "master" if job["kind"] == "PyTorchJob" else "chief"
    log = context.log("train", name=f"{name}-{first}-0")
    facts = results.last(log, "accuracy", "bytes", where=f"{job['kind']} {name}")
    return Model(name, framework, float(facts["accuracy"]), 0.0, int(facts["bytes"]))


def files(run: str) -> dict[str, str]:
    """The models' files on the claim ``outputs``, by framework."""
    return {framework: training.model_file(run, framework) for framework in ("pytorch", "tensorflow")}
