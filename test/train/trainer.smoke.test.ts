// The trainer: it learns, reports, restores modes, stops when told to, and refuses what cannot be trained.
import {
  Accuracy,
  ArgumentError,
  type Batch,
  ConfusionMatrix,
  DataLoader,
  type EpochResult,
  LossError,
  type Metric,
  type Metrics,
  nn,
  optim,
  TensorDataset,
  Trainer,
  type TrainerOptions,
  tensor,
  zeros,
} from 'quern';
import { describe, expect, it } from 'vitest';
import { classifier, loaderOf, plainTrainer, sides } from './tasks.js';

describe('fit', () => {
  it('learns, and reports each epoch with its validation', async () => {
    const model = classifier();
    const trainer = new Trainer({
      model,
      optimizer: new optim.Adam(model.parameters(), { lr: 0.05 }),
      loss: new nn.CrossEntropyLoss(),
      metrics: { accuracy: new Accuracy(), confusion: new ConfusionMatrix(2) },
    });
    const history = await trainer.fit(loaderOf(), { epochs: 20, validation: new DataLoader(sides(10)) });
    expect(history.map(({ epoch }) => epoch)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    const last = history[19];
    expect(last.train.accuracy).toBeGreaterThan(0.9);
    expect(last.validation?.accuracy).toBe(1);
    expect(last.validation?.confusion).toEqual([
      [5, 0],
      [0, 5],
    ]);
    expect(last.train.loss).toBeLessThan(history[0].train.loss);
    expect(trainer.history).toBe(history);
  });

  it('takes the same steps as a loop by hand', async () => {
    const batch = sides().batch(Int32Array.from({ length: 32 }, (_, i) => i));
    const [trained, byHand] = [classifier().eval(), classifier().eval()];
    // A dropout would draw different numbers in the two.
    trained.train = () => trained;
    await plainTrainer(trained, 0.1).fit([batch, batch], { epochs: 2 });
    const optimizer = new optim.SGD(byHand.parameters(), { lr: 0.1 });
    for (let i = 0; i < 4; i++) {
      const loss = nn.functional.crossEntropy(byHand.forward(batch[0]), batch[1]);
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
    }
    expect(trained.parameters().map((p) => p.toArray())).toEqual(byHand.parameters().map((p) => p.toArray()));
  });

  it('reports the mean loss over samples, whatever the size of the batches', async () => {
    const trainer = plainTrainer();
    const whole = await trainer.evaluate(new DataLoader(sides(), { batchSize: 32 }));
    const parts = await trainer.evaluate(new DataLoader(sides(), { batchSize: 5 }));
    expect(parts.loss).toBeCloseTo(whole.loss, 6);
  });

  it('takes batches from arrays, generators and async generators, and models of several inputs', async () => {
    class Adder extends nn.Module {
      scale = new nn.Linear(1, 1);
      forward(a: ReturnType<typeof zeros>, b: ReturnType<typeof zeros>) {
        return this.scale.forward(a.add(b));
      }
    }
    const model = new Adder();
    const trainer = new Trainer({
      model,
      optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }),
      loss: nn.functional.mseLoss,
    });
    const batch = [zeros([4, 1]), zeros([4, 1]), zeros([4, 1])];
    async function* stream(): AsyncGenerator<Batch> {
      for (let i = 0; i < 3; i++) yield batch;
    }
    await trainer.fit([batch, batch], { epochs: 2 });
    await trainer.fit(stream(), { epochs: 1 });
    expect(batch.every((field) => !field.disposed)).toBe(true);
  });

  it('calls back in order, waits for epochs, and stops where one says false', async () => {
    const calls: string[] = [];
    const model = classifier();
    const trainer = new Trainer({
      model,
      optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }),
      loss: nn.functional.crossEntropy,
      callbacks: [{ onEpochStart: (epoch) => calls.push(`start ${epoch}`) }],
    });
    const history = await trainer.fit(loaderOf({ batchSize: 16 }), {
      epochs: 9,
      onGradients: () => calls.push(`gradients ${model.parameters().every((p) => p.grad !== null)}`),
      onBatchEnd: ({ epoch, batch }) => calls.push(`batch ${epoch}.${batch}`),
      async onEpochEnd({ epoch }: EpochResult<Metrics>) {
        await new Promise((done) => setTimeout(done, 1));
        calls.push(`end ${epoch}`);
        return epoch < 2;
      },
    });
    const epoch = (n: number) => [
      `start ${n}`,
      'gradients true',
      `batch ${n}.1`,
      'gradients true',
      `batch ${n}.2`,
      `end ${n}`,
    ];
    expect(calls).toEqual([...epoch(1), ...epoch(2)]);
    expect(history.length).toBe(2);
  });

  it('refuses a loader without batches, a loss that is not finite, and two fits at once', async () => {
    const trainer = plainTrainer();
    const empty = new DataLoader(sides(4), { batchSize: 8, dropLast: true });
    await expect(trainer.fit(empty, { epochs: 1 })).rejects.toThrow('gave no batch');
    await expect(trainer.evaluate([])).rejects.toThrow(ArgumentError);
    await expect(trainer.predict([])).rejects.toThrow(ArgumentError);

    const model = classifier();
    const before = model.parameters().map((p) => p.toArray());
    const poisoned = new TensorDataset(tensor([[1], [Number.NaN]]), tensor([0, 1], { dtype: 'int32' }));
    const failed = await plainTrainer(model)
      .fit(new DataLoader(poisoned, { batchSize: 2 }), { epochs: 1 })
      .catch((error) => error);
    expect(failed).toBeInstanceOf(LossError);
    expect([failed.loss, failed.epoch, failed.batch]).toEqual([Number.NaN, 1, 1]);
    expect(model.parameters().map((p) => p.toArray())).toEqual(before);

    const running = trainer.fit(loaderOf(), { epochs: 1 });
    await expect(trainer.fit(loaderOf(), { epochs: 1 })).rejects.toThrow('fitting already');
    expect((await running).length).toBe(1);
  });

  it('lets an evaluation wait for the end of the epoch, and predicts in between', async () => {
    const model = classifier();
    const order: string[] = [];
    const trainer = plainTrainer(model);
    const running = trainer.fit(loaderOf(), {
      epochs: 2,
      onBatchEnd({ batch }) {
        expect(model.training).toBe(true);
        if (batch === 2) trainer.predict(zeros([1, 1]));
        order.push('step');
      },
      onEpochEnd: () => order.push('epoch'),
    });
    function* watched() {
      order.push('evaluation');
      yield* loaderOf();
    }
    await Promise.all([running, trainer.evaluate(watched())]);
    const place = order.indexOf('evaluation');
    order.splice(place, 1);
    const epoch = ['step', 'step', 'step', 'step', 'epoch'];
    expect(order).toEqual([...epoch, ...epoch]);
    expect(place % 5 === 0 || place % 5 === 4).toBe(true);
  });

  it('goes on with a NaN where that is allowed', async () => {
    const model = classifier();
    const trainer = new Trainer({
      model,
      optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }),
      loss: nn.functional.crossEntropy,
      allowNonFinite: true,
    });
    const batch = [tensor([[Number.NaN]]), tensor([0], { dtype: 'int32' })];
    const [{ train }] = await trainer.fit([batch], { epochs: 1 });
    expect(train.loss).toBeNaN();
  });

  it('refuses options and batches without meaning', async () => {
    const model = classifier();
    const sound = {
      model,
      optimizer: new optim.SGD(model.parameters(), { lr: 1 }),
      loss: nn.functional.crossEntropy,
    };
    const wrong = [
      { model: {} },
      { optimizer: undefined },
      { loss: 'mse' },
      { metrics: { loss: new Accuracy() } },
    ];
    for (const one of wrong) {
      const options = { ...sound, ...one } as unknown as TrainerOptions<Metrics>;
      expect(() => new Trainer(options)).toThrow(ArgumentError);
    }
    const trainer = new Trainer(sound);
    for (const epochs of [0, 1.5, undefined as unknown as number]) {
      await expect(trainer.fit(loaderOf(), { epochs })).rejects.toThrow(ArgumentError);
    }
    const batches = [5, 'ab', [zeros([2, 1])], [[zeros([2, 1])]], [[1, 2]]];
    for (const one of batches) {
      await expect(trainer.fit(one as unknown as Batch[], { epochs: 1 })).rejects.toThrow(ArgumentError);
    }
  });
});

describe('modes', () => {
  it('are training in fit, evaluation elsewhere, and afterwards what each part had', async () => {
    const model = classifier();
    const seen: boolean[] = [];
    const frozen = model.modules()[2];
    frozen.eval();
    const spy: Metric<number> = {
      update: () => seen.push(model.training),
      compute: () => 0,
      reset: () => undefined,
    };
    const trainer = new Trainer({
      model,
      optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }),
      loss: nn.functional.crossEntropy,
      metrics: { spy },
    });
    const loader = loaderOf({ batchSize: 32 });
    await trainer.fit(loader, { epochs: 1, validation: loader });
    expect(seen).toEqual([true, false]);
    expect(model.modules().map((part) => part.training)).toEqual([true, true, false, true, true]);
    model.eval();
    await expect(trainer.fit([], { epochs: 1 })).rejects.toThrow(ArgumentError);
    trainer.predict(zeros([1, 1]));
    expect(model.modules().some((part) => part.training)).toBe(false);
  });
});

describe('predict', () => {
  it('answers for a tensor at once, for a loader joined, in evaluation mode and without a graph', async () => {
    const model = classifier();
    const trainer = plainTrainer(model);
    const [x] = sides().tensors;
    const once = trainer.predict(x);
    expect([once.shape, once.requiresGrad]).toEqual([[32, 2], false]);
    expect(once.toArray()).toEqual(model.eval().forward(x).toArray());
    const labelled = await trainer.predict(new DataLoader(sides(), { batchSize: 5 }));
    expect(labelled.toArray()).toEqual(once.toArray());
    const unlabelled = await trainer.predict(new DataLoader(new TensorDataset(x), { batchSize: 32 }));
    expect(unlabelled.toArray()).toEqual(once.toArray());
  });

  it('copes with a model that answers its own input', async () => {
    class Same extends nn.Module {
      forward(x: ReturnType<typeof zeros>) {
        return x;
      }
    }
    const trainer = new Trainer({
      model: new Same(),
      optimizer: { step: () => undefined, zeroGrad: () => undefined },
      loss: nn.functional.mseLoss,
    });
    const x = tensor([[1], [2]]);
    expect((await trainer.predict([[x], [x]])).toArray()).toEqual([[1], [2], [1], [2]]);
    expect(trainer.predict(x).toArray()).toEqual([[1], [2]]);
    expect(x.disposed).toBe(false);
  });
});
