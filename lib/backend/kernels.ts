// The kernels that both backends have, by name. A name's index is its number in call records.

export const KERNELS = [
  // Elementwise, one operand
  'neg',
  'abs',
  'sign',
  'square',
  'relu',
  'sqrt',
  'rsqrt',
  'reciprocal',
  'exp',
  'expm1',
  'log',
  'log1p',
  'log2',
  'log10',
  'sin',
  'cos',
  'tan',
  'tanh',
  'sigmoid',
  'softplus',
  'erf',
  'floor',
  'ceil',
  'round',
  'trunc',
  'clamp',
  'isNaN',
  'isFinite',
  'isInf',
  'logicalNot',
  // Elementwise, two operands
  'add',
  'sub',
  'mul',
  'div',
  'pow',
  'maximum',
  'minimum',
  'eq',
  'ne',
  'lt',
  'le',
  'gt',
  'ge',
  'logicalAnd',
  'logicalOr',
  'logicalXor',
  'reluGrad',
  'tanhGrad',
  'sigmoidGrad',
  // Elementwise, others
  'where',
  'cast',
  'fill',
  // Reductions
  'sum',
  'prod',
  'amax',
  'amin',
  'any',
  'all',
  'argmax',
  'argmin',
  // Rows along one axis
  'softmax',
  'logSoftmax',
  'softmaxGrad',
  'logSoftmaxGrad',
  // Products
  'matmul',
  'linear',
  'conv2d',
  'conv2dGradInput',
  'conv2dGradWeight',
  // Attention
  'attention',
  'attentionGrad',
  // Pooling
  'maxPool2d',
  'maxPool2dGrad',
  'planeGather',
  'avgPool2d',
  'avgPool2dGrad',
  // Indexing
  'gather',
  'scatterAdd',
  'indexSelect',
  'indexAdd',
  'embedding',
  'embeddingGrad',
  // Random numbers
  'uniform',
  'normal',
  'randint',
  'bernoulli',
  'dropout',
  // Optimizers, one call over a list of parameters
  'sgd',
  'sgdMomentum',
  'adam',
] as const;

export type KernelName = (typeof KERNELS)[number];

/** A kernel's number by its name. */
export const kernel = Object.fromEntries(KERNELS.map((name, index) => [name, index])) as Record<
  KernelName,
  number
>;
