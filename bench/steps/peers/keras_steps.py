# Serves one training step in Keras on TensorFlow, as one compiled function: `keras_steps.py <step> <inputs> <threads>`.
import os
import sys

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import tensorflow as tf
from keras import layers, ops

from peer import serve

# Keras adds it before the second moment's bias is mended, the others after: at the first step both are 1e-8.
EPSILON = 1e-8 * (1 - 0.999) ** 0.5

tf.config.threading.set_intra_op_parallelism_threads(int(sys.argv[3]))
tf.config.threading.set_inter_op_parallelism_threads(int(sys.argv[3]))


class Block(layers.Layer):
    def __init__(self, outputs, narrows):
        super().__init__()
        stride = 2 if narrows else 1
        self.conv1, self.norm1 = conv(outputs, 3, stride), norm()
        self.conv2, self.norm2 = conv(outputs, 3), norm()
        self.short, self.scale = (conv(outputs, 1, 2), norm()) if narrows else (None, None)

    def call(self, x, training=None):
        y = ops.relu(self.norm1(self.conv1(x), training=training))
        y = self.norm2(self.conv2(y), training=training)
        beside = x if self.short is None else self.scale(self.short(x), training=training)
        return ops.relu(y + beside)


class Layer(layers.Layer):
    """A layer of a GPT."""

    def __init__(self, width, heads):
        super().__init__()
        self.width, self.heads = width, heads
        self.norm1 = layers.LayerNormalization(epsilon=1e-5)
        self.attend, self.mix = layers.Dense(3 * width), layers.Dense(width)
        self.norm2 = layers.LayerNormalization(epsilon=1e-5)
        self.up, self.down = layers.Dense(4 * width), layers.Dense(width)

    def call(self, x):
        batch, time, width = x.shape
        split = ops.reshape(self.attend(self.norm1(x)), (batch, time, 3, self.heads, width // self.heads))
        query, key, value = split[:, :, 0], split[:, :, 1], split[:, :, 2]
        mixed = ops.dot_product_attention(query, key, value, is_causal=True)
        x = x + self.mix(ops.reshape(mixed, (batch, time, width)))
        return x + self.down(ops.gelu(self.up(self.norm2(x)), approximate=False))


class Embed(layers.Layer):
    """Letters as vectors, and a learned vector added at each position."""

    def __init__(self, width, context):
        super().__init__()
        self.position = self.add_weight(shape=(context, width), name="position")
        self.token = layers.Embedding(65, width)

    def call(self, x):
        return self.token(x) + self.position


def conv(filters, size, stride=1, bias=False):
    # TensorFlow's 'same' pads a stride of two on the other side than PyTorch: it is padded by hand.
    if stride == 1:
        return layers.Conv2D(filters, size, padding="same", use_bias=bias)
    inner = layers.Conv2D(filters, size, strides=stride, use_bias=bias)
    return inner if size == 1 else keras.Sequential([layers.ZeroPadding2D(size // 2), inner])


def norm():
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-5)


def net():
    return keras.Sequential([layers.Dense(8, activation="tanh"), layers.Dense(1)])


def mlp(*sizes):
    return keras.Sequential([layers.Dense(size, activation="relu") for size in sizes] + [layers.Dense(10)])


def cnn():
    def pair(filters):
        return [layers.Conv2D(filters, 3, padding="same", activation="relu"), layers.MaxPooling2D()]

    dense = [layers.Flatten(), layers.Dense(128, activation="relu"), layers.Dense(10)]
    return keras.Sequential(pair(32) + pair(64) + dense)


def resnet20():
    blocks = [Block(16 << i // 3, i in (3, 6)) for i in range(9)]
    return keras.Sequential(
        [conv(16, 3), norm(), layers.ReLU(), *blocks, layers.GlobalAveragePooling2D(), layers.Dense(10)]
    )


def lstm():
    return keras.Sequential([layers.LSTM(256), layers.Dense(10)])


def gpt(count, width, heads, context):
    return keras.Sequential(
        [Embed(width, context)]
        + [Layer(width, heads) for _ in range(count)]
        + [layers.LayerNormalization(epsilon=1e-5), layers.Dense(65, use_bias=False)]
    )


def translate(weights):
    """The file's parameters in Keras's layouts. Both have them in the same order."""
    for name, value in weights.items():
        if name == "lstm.bias_ih_l0":
            # Keras has one bias where PyTorch has two, which are added up.
            yield value + weights["lstm.bias_hh_l0"]
        elif name == "lstm.bias_hh_l0":
            continue
        elif value.ndim == 4:
            yield value.transpose(2, 3, 1, 0)
        elif name == "7.weight":
            # After the flattening, with the channels last.
            yield value.reshape(128, 64, 7, 7).transpose(2, 3, 1, 0).reshape(-1, 128)
        elif value.ndim == 2 and name not in ("position", "token.weight"):
            yield value.T
        else:
            yield value


def cross_entropy(target, logits):
    return keras.losses.sparse_categorical_crossentropy(target, logits, from_logits=True)


def step(make, loss=cross_entropy, xla=True):
    """With XLA, which makes all steps but those of convolutions faster (these it makes three times slower)."""

    def prepare(weights, x, y):
        model = make()
        x = tf.constant(x.transpose(0, 2, 3, 1) if x.ndim == 4 else x)
        y = tf.constant(y)
        model(x, training=True)
        variables = model.trainable_variables
        values = list(translate(weights))
        if [tuple(v.shape) for v in variables] != [v.shape for v in values]:
            raise ValueError("other parameters than the file's")
        for variable, value in zip(variables, values):
            variable.assign(value)
        optimizer = keras.optimizers.Adam(3e-4, epsilon=EPSILON)
        optimizer.build(variables)

        @tf.function(jit_compile=xla)
        def update(x, y):
            with tf.GradientTape() as tape:
                value = tf.reduce_mean(loss(y, model(x, training=True)))
            optimizer.apply(tape.gradient(value, variables), variables)
            return value

        return lambda: update(x, y).numpy()

    return prepare


serve(
    f"{keras.__version__}, TensorFlow {tf.__version__}",
    {
        "net": step(net, keras.losses.mean_squared_error),
        "mlp": step(lambda: mlp(128)),
        "mlp512": step(lambda: mlp(512, 512)),
        "cnn": step(cnn, xla=False),
        "resnet20": step(resnet20, xla=False),
        "lstm": step(lstm),
        "gpt4": step(lambda: gpt(4, 128, 4, 64)),
        "gpt6": step(lambda: gpt(6, 384, 6, 256)),
    },
)
