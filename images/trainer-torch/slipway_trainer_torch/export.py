"""The trained network as an ONNX file: the form that every framework's model is compared and served in."""

from __future__ import annotations

import io
from pathlib import Path

import torch
from torch import nn

from slipway_trainer_torch.model import Served

OPSET = 13


def save(net: nn.Module, path: Path) -> int:
    """Write the network with softmax as ONNX, input ``rows [n, 784]``, output ``probabilities [n, 10]``; its bytes."""
    net.eval()
    content = io.BytesIO()
    torch.onnx.export(
        Served(net),
        (torch.zeros(1, 784),),
        content,
        opset_version=OPSET,
        input_names=["rows"],
        output_names=["probabilities"],
        dynamic_axes={"rows": {0: "n"}, "probabilities": {0: "n"}},
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_bytes(content.getvalue())
    part.replace(path)
    return len(content.getvalue())
