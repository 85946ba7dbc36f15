"""Lists the public functions, classes and methods of PyTorch, for test/docs/catalogue.test.ts."""

import inspect
import json
import pathlib

import torch
import torch.nn.utils.parametrizations
import torch.nn.utils.parametrize
import torch.nn.utils.rnn
import torch.optim.swa_utils
import torch.utils.checkpoint

MODULES = [
    torch,
    torch.nn,
    torch.nn.functional,
    torch.nn.init,
    torch.nn.utils,
    torch.nn.utils.parametrizations,
    torch.nn.utils.parametrize,
    torch.nn.utils.rnn,
    torch.optim,
    torch.optim.lr_scheduler,
    torch.optim.swa_utils,
    torch.func,
    torch.autograd,
    torch.autograd.functional,
]
# Its other names are internal, and it does not say so.
CHECKPOINT = ["checkpoint", "checkpoint_sequential"]
# Internal helpers that stand among the functions, and attributes among the methods.
HELPERS = {"assert_int_or_pair", "boolean_dispatch", "debug_unwrap", "rearrange", "swap_in_optimizer_params_and_state"}
ATTRIBUTES = {"T_destination", "call_super_init", "dump_patches"}


def is_public(module, name):
    value = getattr(module, name)
    if name.startswith("_") or name in HELPERS or not callable(value):
        return False
    if "torch_function" in name or name.endswith("_with_indices"):
        return False
    if name + "_" in dir(module) and "deprecat" in (value.__doc__ or "").lower():
        return False
    if module in (torch.nn, torch.optim):
        return inspect.isclass(value)
    if module is torch.nn.functional:
        return not inspect.isclass(value) and value.__module__ != "typing"
    return module is torch or name in getattr(module, "__all__", [name])


names = {module.__name__: [name for name in dir(module) if is_public(module, name)] for module in MODULES}
names["torch.utils.checkpoint"] = CHECKPOINT
for title, kind in {"torch.Tensor": torch.Tensor, "torch.nn.Module": torch.nn.Module}.items():
    names[title] = [name for name in dir(kind) if not name.startswith("_") and name not in ATTRIBUTES]

content = {"torch": torch.__version__.split("+")[0], "names": {title: " ".join(own) for title, own in names.items()}}
pathlib.Path(__file__).with_name("names.json").write_text(json.dumps(content, indent=1) + "\n")
