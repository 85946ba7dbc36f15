# What every peer shares: reads the inputs, checks in with its first losses, times rounds; the counterpart of serve.mjs.
import json
import os
import resource
import struct
import sys
import time

LOSSES = 4
SAMPLE_SECONDS = 1e-3
WARM_UP = 0.25
LEAST_SAMPLES = 2

# Libraries print to stdout as they like; answers go out by a way of their own.
_answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def say(**answer):
    print(json.dumps(answer), file=_answers, flush=True)


def peak_bytes():
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))
    except OSError:
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def read_inputs(path):
    """The tensors of a safetensors file: the parameters by name and in their order, x and y."""
    import numpy as np

    types = {"F32": np.float32, "I32": np.int32}
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            tensors[name] = np.frombuffer(data[begin:end], types[entry["dtype"]]).reshape(entry["shape"])
    order = header["__metadata__"]["order"].split()
    return {name: tensors[name] for name in order}, tensors["x"], tensors["y"]


def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt


def measure(iteration, seconds):
    begin = time.perf_counter()
    warm = 0
    while True:
        iteration()
        warm += 1
        if time.perf_counter() - begin >= WARM_UP * seconds:
            break
    per_sample = max(1, round(SAMPLE_SECONDS * warm / (time.perf_counter() - begin)))
    samples = []
    before = faults()
    start = time.perf_counter()
    while len(samples) < LEAST_SAMPLES or time.perf_counter() - start < seconds:
        t = time.perf_counter()
        for _ in range(per_sample):
            iteration()
        samples.append((time.perf_counter() - t) / per_sample)
    count = len(samples) * per_sample
    return {"samples": samples, "count": count, "faults": (faults() - before) / count}


def serve(version, steps):
    """`steps` makes, for a step's name, a function of its inputs that answers one iteration, which answers the loss."""
    name, path = sys.argv[1:3]
    baseline = peak_bytes()
    if name not in steps:
        return say(missing=f"no model for '{name}'")
    iteration = steps[name](*read_inputs(path))
    losses = [float(iteration()) for _ in range(LOSSES)]
    say(ready=True, version=version, baseline=baseline, losses=losses)
    for line in sys.stdin:
        say(**measure(iteration, float(line)))
    say(peak=peak_bytes())
