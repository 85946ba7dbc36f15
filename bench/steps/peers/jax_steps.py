# Serves one training step in JAX, jitted, with optax's Adam: `jax_steps.py <step> <inputs> <threads>`.
import os
import sys

# XLA takes a thread for each CPU that it may run on.
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(sys.argv[3])])
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax
import jax.numpy as jnp
import optax
from jax import lax

from peer import serve


def linear(p, name, x):
    y = x @ p[f"{name}.weight"].T
    return y + p[f"{name}.bias"] if f"{name}.bias" in p else y


def conv(p, name, x, stride=1):
    """Channels last, which XLA's CPU backend prefers."""
    weight = p[f"{name}.weight"]
    pad = weight.shape[0] // 2
    y = lax.conv_general_dilated(
        x, weight, (stride, stride), [(pad, pad)] * 2, dimension_numbers=("NHWC", "HWIO", "NHWC")
    )
    return y + p[f"{name}.bias"] if f"{name}.bias" in p else y


def max_pool(x):
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")


def batch_norm(p, name, x):
    mean = x.mean((0, 1, 2))
    variance = jnp.square(x - mean).mean((0, 1, 2))
    return (x - mean) * lax.rsqrt(variance + 1e-5) * p[f"{name}.weight"] + p[f"{name}.bias"]


def layer_norm(p, name, x):
    mean = x.mean(-1, keepdims=True)
    variance = jnp.square(x - mean).mean(-1, keepdims=True)
    return (x - mean) * lax.rsqrt(variance + 1e-5) * p[f"{name}.weight"] + p[f"{name}.bias"]


def net(p, x):
    return linear(p, "2", jnp.tanh(linear(p, "0", x)))


def mlp(*names):
    def forward(p, x):
        for name in names[:-1]:
            x = jax.nn.relu(linear(p, name, x))
        return linear(p, names[-1], x)

    return forward


def cnn(p, x):
    x = max_pool(jax.nn.relu(conv(p, "0", x)))
    x = max_pool(jax.nn.relu(conv(p, "3", x)))
    return linear(p, "9", jax.nn.relu(linear(p, "7", x.reshape(x.shape[0], -1))))


def resnet20(p, x):
    x = jax.nn.relu(batch_norm(p, "norm", conv(p, "conv", x)))
    for i in range(9):
        b = f"blocks.{i}"
        narrows = f"{b}.short.weight" in p
        y = jax.nn.relu(batch_norm(p, f"{b}.norm1", conv(p, f"{b}.conv1", x, 2 if narrows else 1)))
        y = batch_norm(p, f"{b}.norm2", conv(p, f"{b}.conv2", y))
        beside = batch_norm(p, f"{b}.scale", conv(p, f"{b}.short", x, 2)) if narrows else x
        x = jax.nn.relu(y + beside)
    return linear(p, "head", x.mean((1, 2)))


def lstm(p, x):
    recurrent = p["lstm.weight_hh_l0"].T
    # The inputs of all steps in one product, as the libraries do it.
    gates = x.swapaxes(0, 1) @ p["lstm.weight_ih_l0"].T + p["lstm.bias_ih_l0"] + p["lstm.bias_hh_l0"]

    def cell(carry, inputs):
        h, c = carry
        i, f, g, o = jnp.split(inputs + h @ recurrent, 4, axis=-1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), h

    zero = jnp.zeros((x.shape[0], recurrent.shape[0]), x.dtype)
    _, hidden = lax.scan(cell, (zero, zero), gates)
    return linear(p, "head", hidden[-1])


def gpt(layers, heads):
    def forward(p, x):
        x = p["token.weight"][x] + p["position"]
        batch, time, width = x.shape
        for i in range(layers):
            b = f"blocks.{i}"
            split = linear(p, f"{b}.attend", layer_norm(p, f"{b}.norm1", x))
            query, key, value = jnp.moveaxis(split.reshape(batch, time, 3, heads, width // heads), 2, 0)
            mixed = jax.nn.dot_product_attention(query, key, value, is_causal=True)
            x = x + linear(p, f"{b}.mix", mixed.reshape(batch, time, width))
            up = jax.nn.gelu(linear(p, f"{b}.up", layer_norm(p, f"{b}.norm2", x)), approximate=False)
            x = x + linear(p, f"{b}.down", up)
        return linear(p, "head", layer_norm(p, "norm", x)).reshape(batch * time, -1)

    return forward


def cross_entropy(logits, target):
    return optax.softmax_cross_entropy_with_integer_labels(logits, target.reshape(-1)).mean()


def squares(output, target):
    return jnp.square(output - target).mean()


def channels_last(weights, x):
    """Images and kernels with the channels last; the layer after the flattening meets its inputs in that order."""
    for name, value in weights.items():
        if value.ndim == 4:
            weights[name] = value.transpose(2, 3, 1, 0)
    if "7.weight" in weights:
        weights["7.weight"] = weights["7.weight"].reshape(128, 64, 7, 7).transpose(0, 2, 3, 1).reshape(128, -1)
    return x.transpose(0, 2, 3, 1)


def step(forward, loss=cross_entropy):
    def prepare(weights, x, y):
        if x.ndim == 4:
            x = channels_last(weights, x)
        parameters = {name: jnp.array(value) for name, value in weights.items()}
        adam = optax.adam(3e-4, eps=1e-8)
        state = adam.init(parameters)
        x, y = jnp.array(x), jnp.array(y)

        def update(parameters, state, x, y):
            value, gradients = jax.value_and_grad(lambda p: loss(forward(p, x), y))(parameters)
            changes, state = adam.update(gradients, state)
            return optax.apply_updates(parameters, changes), state, value

        update = jax.jit(update, donate_argnums=(0, 1))

        def iteration():
            nonlocal parameters, state
            parameters, state, value = update(parameters, state, x, y)
            return value.block_until_ready()

        return iteration

    return prepare


serve(
    jax.__version__,
    {
        "net": step(net, squares),
        "mlp": step(mlp("0", "2")),
        "mlp512": step(mlp("0", "2", "4")),
        "cnn": step(cnn),
        "resnet20": step(resnet20),
        "lstm": step(lstm),
        "gpt4": step(gpt(4, 4)),
        "gpt6": step(gpt(6, 6)),
    },
)
