"""A small, thread-safe client for any Kubernetes object: get, list, apply, delete, watch, logs, exec."""

from slipway.kube.answers import ApiError, ExecResult, NoConnection, NotServed
from slipway.kube.client import Client
from slipway.kube.objects import Obj, Ref, ref_of

__all__ = ["ApiError", "Client", "ExecResult", "NoConnection", "NotServed", "Obj", "Ref", "ref_of"]
