# What the PyTorch twins of the examples share: one file of weights and batches in, the losses of the steps out.
import json
import struct
import sys

import torch

TYPES = {"F32": torch.float32, "I32": torch.int32}


def read(path):
    """The tensors of a safetensors file, by name."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = bytearray(file.read())
    header.pop("__metadata__", None)
    return {
        name: torch.frombuffer(data, dtype=TYPES[entry["dtype"]], offset=entry["data_offsets"][0],
                               count=(entry["data_offsets"][1] - entry["data_offsets"][0]) // 4).view(entry["shape"])
        for name, entry in header.items()
    }


def losses(tensors, dtype, make, loss, choose):
    batches = [(tensors[f"x.{i}"], tensors[f"y.{i}"]) for i in range(sum(name.startswith("x.") for name in tensors))]
    weights = {name: tensor for name, tensor in tensors.items() if not name.startswith(("x.", "y."))}
    model = make(weights).to(dtype)
    # The count of batches that PyTorch's normalisations keep beside their statistics is all that the file may lack.
    missing, unexpected = model.load_state_dict(weights, strict=False)
    if unexpected or any(not name.endswith("num_batches_tracked") for name in missing):
        raise ValueError(f"other weights than the file's: {missing} {unexpected}")
    optimizer = choose(model.parameters())
    steps = len(batches)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=1 / steps, total_iters=steps - 1)
    found = []
    for x, y in batches:
        value = loss(model(x.to(dtype) if x.is_floating_point() else x), y.long())
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        schedule.step()
        found.append(value.item())
    return found


def run(make, loss, choose):
    """Prints, for the file that the command line names, the losses in both precisions as a JSON object."""
    tensors = read(sys.argv[1])
    print(json.dumps({name: losses(tensors, getattr(torch, name), make, loss, choose) for name in ("float32", "float64")}))
