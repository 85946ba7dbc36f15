// The eight training steps: what each is, its parameters in PyTorch's order and with PyTorch's names, its batch.

/** A tensor to be drawn: uniform within ±bound, or all of one value. */
export interface Drawn {
  readonly name: string;
  readonly shape: readonly number[];
  readonly bound?: number;
  readonly value?: number;
}

/** One side of the batch: numbers from the normal distribution, or whole numbers below a limit. */
export type Batch =
  | { readonly shape: readonly number[] }
  | { readonly shape: readonly number[]; readonly below: number };

export interface Spec {
  readonly name: string;
  readonly title: string;
  readonly parameters: readonly Drawn[];
  readonly x: Batch;
  readonly y: Batch;
}

// Each layer's parameters are drawn as PyTorch does by default: within 1 / √(values that an output adds up).
function linear(name: string, inputs: number, outputs: number, bias = true): Drawn[] {
  const bound = 1 / Math.sqrt(inputs);
  const weight = { name: `${name}.weight`, shape: [outputs, inputs], bound };
  return bias ? [weight, { name: `${name}.bias`, shape: [outputs], bound }] : [weight];
}

function conv(name: string, inputs: number, outputs: number, kernel: number, bias: boolean): Drawn[] {
  const bound = 1 / Math.sqrt(inputs * kernel * kernel);
  const weight = { name: `${name}.weight`, shape: [outputs, inputs, kernel, kernel], bound };
  return bias ? [weight, { name: `${name}.bias`, shape: [outputs], bound }] : [weight];
}

function norm(name: string, width: number): Drawn[] {
  return [
    { name: `${name}.weight`, shape: [width], value: 1 },
    { name: `${name}.bias`, shape: [width], value: 0 },
  ];
}

function resnet(): Drawn[] {
  const parameters = [...conv('conv', 3, 16, 3, false), ...norm('norm', 16)];
  let inputs = 16;
  for (let i = 0; i < 9; i++) {
    const outputs = 16 << Math.floor(i / 3);
    const block = `blocks.${i}`;
    parameters.push(...conv(`${block}.conv1`, inputs, outputs, 3, false), ...norm(`${block}.norm1`, outputs));
    parameters.push(
      ...conv(`${block}.conv2`, outputs, outputs, 3, false),
      ...norm(`${block}.norm2`, outputs),
    );
    if (inputs !== outputs)
      parameters.push(
        ...conv(`${block}.short`, inputs, outputs, 1, false),
        ...norm(`${block}.scale`, outputs),
      );
    inputs = outputs;
  }
  return [...parameters, ...linear('head', 64, 10)];
}

function lstm(inputs: number, width: number): Drawn[] {
  const bound = 1 / Math.sqrt(width);
  return [
    { name: 'lstm.weight_ih_l0', shape: [4 * width, inputs], bound },
    { name: 'lstm.weight_hh_l0', shape: [4 * width, width], bound },
    { name: 'lstm.bias_ih_l0', shape: [4 * width], bound },
    { name: 'lstm.bias_hh_l0', shape: [4 * width], bound },
    ...linear('head', width, 10),
  ];
}

/** Letters that the language models know. */
const VOCABULARY = 65;

function gpt(layers: number, width: number, context: number): Drawn[] {
  const parameters: Drawn[] = [
    { name: 'position', shape: [context, width], bound: 0.03 },
    { name: 'token.weight', shape: [VOCABULARY, width], bound: 0.03 },
  ];
  for (let i = 0; i < layers; i++) {
    const block = `blocks.${i}`;
    parameters.push(...norm(`${block}.norm1`, width), ...linear(`${block}.attend`, width, 3 * width));
    parameters.push(...linear(`${block}.mix`, width, width), ...norm(`${block}.norm2`, width));
    parameters.push(...linear(`${block}.up`, width, 4 * width), ...linear(`${block}.down`, 4 * width, width));
  }
  return [...parameters, ...norm('norm', width), ...linear('head', width, VOCABULARY, false)];
}

function gptSpec(layers: number, width: number, batch: number, context: number): Spec {
  return {
    name: `gpt${layers}`,
    title: `GPT ${layers} layers, width ${width}, ${batch}×${context} tokens`,
    parameters: gpt(layers, width, context),
    x: { shape: [batch, context], below: VOCABULARY },
    y: { shape: [batch, context], below: VOCABULARY },
  };
}

/** Everything that is started at the same weights and the same batch. Every optimizer is Adam at 0.0003. */
export const specs: readonly Spec[] = [
  {
    name: 'net',
    title: '2-8-1 tanh, batch 4',
    parameters: [...linear('0', 2, 8), ...linear('2', 8, 1)],
    x: { shape: [4, 2] },
    y: { shape: [4, 1] },
  },
  {
    name: 'mlp',
    title: '784-128-10, batch 64',
    parameters: [...linear('0', 784, 128), ...linear('2', 128, 10)],
    x: { shape: [64, 784] },
    y: { shape: [64], below: 10 },
  },
  {
    name: 'mlp512',
    title: '784-512-512-10, batch 128',
    parameters: [...linear('0', 784, 512), ...linear('2', 512, 512), ...linear('4', 512, 10)],
    x: { shape: [128, 784] },
    y: { shape: [128], below: 10 },
  },
  {
    name: 'cnn',
    title: 'CNN 32-64 3×3, pool, 128, 28×28, batch 64',
    parameters: [
      ...conv('0', 1, 32, 3, true),
      ...conv('3', 32, 64, 3, true),
      ...linear('7', 64 * 7 * 7, 128),
      ...linear('9', 128, 10),
    ],
    x: { shape: [64, 1, 28, 28] },
    y: { shape: [64], below: 10 },
  },
  {
    name: 'resnet20',
    title: 'ResNet-20, 32×32, batch 32',
    parameters: resnet(),
    x: { shape: [32, 3, 32, 32] },
    y: { shape: [32], below: 10 },
  },
  {
    name: 'lstm',
    title: 'LSTM 256, batch 32, 64 steps',
    parameters: lstm(256, 256),
    x: { shape: [32, 64, 256] },
    y: { shape: [32], below: 10 },
  },
  gptSpec(4, 128, 12, 64),
  gptSpec(6, 384, 8, 256),
];
