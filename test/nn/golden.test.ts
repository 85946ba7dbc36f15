// Layers and losses against PyTorch: outputs, gradients, second gradients, state.

import { gradients, nn, type Tensor } from 'quern';
import { describe, expect, it } from 'vitest';
import { BACKENDS, on } from '../support/engines.js';
import { demandGolden, type Floating, from, type Nested, readGolden } from '../support/golden.js';

interface Second {
  readonly direction: Nested;
  readonly gradient: Nested;
}

interface LayerCase {
  readonly dtype: Floating;
  readonly layer: string;
  readonly sizes: readonly unknown[];
  readonly options: object;
  readonly training: boolean;
  readonly state: Record<string, Nested>;
  readonly inputs: readonly Nested[];
  readonly gradOutput: Nested;
  readonly output: Nested;
  readonly inputGradient: Nested;
  readonly gradients: Record<string, Nested>;
  readonly stateAfter: Record<string, Nested>;
  readonly second?: Second;
}

interface LossCase {
  readonly dtype: Floating;
  readonly loss: 'crossEntropy';
  readonly module: 'CrossEntropyLoss';
  readonly options: Record<string, unknown>;
  readonly input: Nested;
  readonly target: Nested;
  readonly ofClasses: boolean;
  readonly gradOutput: Nested;
  readonly output: Nested;
  readonly inputGradient: Nested;
  readonly targetGradient?: Nested;
  readonly second?: Second;
}

type LayerConstructor = new (...parameters: unknown[]) => nn.Module;

const cases = ['nn.json', 'activations.json', 'neural.json', 'modules.json', 'windows.json'].flatMap((file) =>
  readGolden<LayerCase | LossCase>(file),
);
const layerCases = cases.filter((one): one is LayerCase => 'layer' in one);
const lossCases = cases.filter((one): one is LossCase => 'loss' in one);

function makeLayer({ layer, sizes, options, dtype, state, training }: LayerCase): nn.Module {
  const make = (nn as unknown as Record<string, LayerConstructor>)[layer];
  const module = new make(...sizes, options).to(dtype).train(training);
  const stateDict = Object.entries(state).map(([name, values]) => [
    name,
    from(values, name === 'num_batches_tracked' ? 'int32' : dtype),
  ]);
  module.loadStateDict(Object.fromEntries(stateDict));
  return module;
}

function demandState(module: nn.Module, want: Record<string, Nested>, dtype: Floating): void {
  const stateDict = module.stateDict();
  expect(Object.keys(stateDict)).toEqual(Object.keys(want));
  for (const [name, values] of Object.entries(want)) demandGolden(name, stateDict[name], values, dtype);
}

/** The gradient of the first gradient along a direction. */
function demandSecond(output: Tensor, x: Tensor, gradOutput: Nested, second: Second, dtype: Floating): void {
  const [first] = gradients(output, [x], { gradient: from(gradOutput, dtype), createGraph: true });
  const [found] = gradients(first.mul(from(second.direction, dtype)).sum(), [x]);
  demandGolden('second gradient', found, second.gradient, dtype);
}

function checkLayer(one: LayerCase): void {
  const { dtype, inputs, second } = one;
  const module = makeLayer(one);
  for (const input of inputs.slice(0, -1)) module.forward(from(input, dtype));
  const x = from(inputs[inputs.length - 1], dtype, true);
  const output = module.forward(x);
  demandGolden('output', output, one.output, dtype);
  demandState(module, one.stateAfter, dtype);
  if (second !== undefined) demandSecond(output, x, one.gradOutput, second, dtype);
  else output.backward({ gradient: from(one.gradOutput, dtype) });
  if (second !== undefined) {
    // The walk above has used the graph up.
    const again = makeLayer(one);
    again.forward(x).backward({ gradient: from(one.gradOutput, dtype) });
    demandGradients(again, x, one);
  } else {
    demandGradients(module, x, one);
  }
}

function demandGradients(module: nn.Module, x: Tensor, one: LayerCase): void {
  demandGolden('input gradient', x.grad, one.inputGradient, one.dtype);
  expect(module.namedParameters().map(([name]) => name)).toEqual(Object.keys(one.gradients));
  for (const [name, parameter] of module.namedParameters()) {
    demandGolden(`gradient of ${name}`, parameter.grad, one.gradients[name], one.dtype);
  }
}

function optionsOf({ options, dtype }: LossCase): Record<string, unknown> {
  const isTensor = (name: string): boolean => name === 'weight' || name === 'posWeight';
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => [
      name,
      isTensor(name) ? from(value as Nested, dtype) : value,
    ]),
  );
}

function checkLoss(one: LossCase): void {
  const { dtype, second } = one;
  const options = optionsOf(one);
  const x = from(one.input, dtype, true);
  const target = one.ofClasses
    ? from(one.target, 'int32')
    : from(one.target, dtype, one.targetGradient !== undefined);
  const output = nn.functional[one.loss](x, target, options);
  demandGolden('output', output, one.output, dtype);
  output.backward({ gradient: from(one.gradOutput, dtype) });
  demandGolden('input gradient', x.grad, one.inputGradient, dtype);
  if (one.targetGradient !== undefined)
    demandGolden('target gradient', target.grad, one.targetGradient, dtype);
  demandGolden('module', new nn[one.module](options).forward(x, target), one.output, dtype);
  if (second !== undefined)
    demandSecond(nn.functional[one.loss](x, target, options), x, one.gradOutput, second, dtype);
}

describe.each(BACKENDS)('$name', (engine) => {
  it.each(layerCases.map((one, i) => ({ ...one, i })))(
    'layer $i: $layer($sizes, $options), $dtype',
    (one) => {
      on(engine, () => checkLayer(one));
    },
  );

  it.each(lossCases.map((one, i) => ({ ...one, i })))('loss $i: $loss, $dtype', (one) => {
    on(engine, () => checkLoss(one));
  });
});
