// Connectionist temporal classification beyond the op database: what no alignment can produce, and PyTorch's gradient.

import { nn, type Tensor, tensor } from 'quern';
import { describe, expect, it } from 'vitest';
import { BACKENDS, on } from '../support/engines.js';
import { demandGolden, type Floating, from, type Nested, readGolden } from '../support/golden.js';

const { ctcLoss } = nn.functional;
const ints = (values: readonly (readonly number[])[]): Tensor => tensor(values as never, { dtype: 'int32' });

interface CtcCase {
  readonly dtype: Floating;
  readonly options: object;
  readonly logits: Nested;
  readonly targets: Nested;
  readonly inputLengths: readonly number[];
  readonly targetLengths: readonly number[];
  readonly gradOutput: Nested;
  readonly output: Nested;
  readonly gradient: Nested;
}

const cases = readGolden<CtcCase>('ctc.json').map((one, i) => ({ ...one, i }));

describe.each(BACKENDS)('$name', (engine) => {
  it.each(cases)('$i: $options, $dtype', (one) => {
    on(engine, () => {
      const { dtype, options, inputLengths, targetLengths } = one;
      const logits = from(one.logits, dtype, true);
      const logs = nn.functional.logSoftmax(logits, -1);
      const targets = from(one.targets, 'int32');
      const output = ctcLoss(logs, targets, inputLengths, targetLengths, options);
      demandGolden('output', output, one.output, dtype);
      output.backward({ gradient: from(one.gradOutput, dtype) });
      demandGolden('gradient', logits.grad, one.gradient, dtype);
      const [times, lengths] = [from(inputLengths, 'int32'), from(targetLengths, 'int32')];
      const module = new nn.CTCLoss(options);
      // Lengths in tensors say the same, but where targets lie one after the other.
      const found = module.forward(
        logs.detach(),
        targets,
        times,
        targets.ndim === 1 ? targetLengths : lengths,
      );
      demandGolden('module', found, one.output, dtype);
    });
  });

  it('what no alignment can produce is infinite, or counts for nothing', () => {
    on(engine, () => {
      const logits = tensor([[[0, 1, 2]], [[3, 4, 5]]], { requiresGrad: true });
      const logs = nn.functional.logSoftmax(logits, 2);
      // Equal labels need a blank between them, and so three steps.
      const [targets, lengths] = [ints([[1, 1]]), [2]];
      expect(ctcLoss(logs, targets, [2], lengths).item()).toBe(Number.POSITIVE_INFINITY);
      expect(ctcLoss(logs, targets, [0], [0]).item()).toBeCloseTo(0);
      expect(ctcLoss(logs, targets, [0], [1]).item()).toBe(Number.POSITIVE_INFINITY);
      const loss = ctcLoss(logs, targets, [2], lengths, { zeroInfinity: true });
      expect(loss.item()).toBe(0);
      loss.backward();
      expect(logits.grad?.flatten().toArray()).toEqual([0, 0, 0, 0, 0, 0]);
    });
  });
});
