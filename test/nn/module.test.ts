// Modules: how members are found and named, state dicts, modes, casts, printing.

import { inspect } from 'node:util';
import {
  ArgumentError,
  DTypeError,
  manualSeed,
  nn,
  noGrad,
  ones,
  optim,
  StateDictError,
  scope,
  type Tensor,
  tensor,
  zeros,
} from 'quern';
import { describe, expect, it } from 'vitest';

class Block extends nn.Module {
  conv = new nn.Conv2d(1, 2, 3);
  norm = new nn.BatchNorm2d(2);
  forward(x: Tensor): Tensor {
    return this.norm.forward(this.conv.forward(x)).relu();
  }
}

class Net extends nn.Module {
  blocks = [new Block(), new nn.Identity()];
  scale = new nn.Parameter(ones([1]));
  offsets = [nn.buffer(zeros([2])), nn.buffer(ones([2]))];
  plain = zeros([3], { requiresGrad: true });
  title = 'net';
  head = new nn.Linear(2, 1, { bias: false });
  forward(x: Tensor): Tensor {
    const out = this.blocks.reduce((y: Tensor, block) => block.forward(y), x);
    return this.head.forward(out.mean([2, 3])).mul(this.scale);
  }
}

const names = (entries: [string, unknown][]): string[] => entries.map(([name]) => name);

describe('members', () => {
  it('are found in fields and arrays by role, those of a module before those of its children', () => {
    const net = new Net();
    const parameters = [
      'blocks.0.conv.weight',
      'blocks.0.conv.bias',
      'blocks.0.norm.weight',
      'blocks.0.norm.bias',
    ];
    expect(names(net.namedParameters())).toEqual(['scale', ...parameters, 'head.weight']);
    const running = ['running_mean', 'running_var', 'num_batches_tracked'].map(
      (name) => `blocks.0.norm.${name}`,
    );
    expect(names(net.namedBuffers())).toEqual(['offsets.0', 'offsets.1', ...running]);
    expect(names(net.namedModules())).toEqual([
      '',
      'blocks.0',
      'blocks.0.conv',
      'blocks.0.norm',
      'blocks.1',
      'head',
    ]);
    expect(names(net.namedChildren())).toEqual(['blocks.0', 'blocks.1', 'head']);
    expect([
      net.parameters().length,
      net.buffers().length,
      net.modules().length,
      net.children().length,
    ]).toEqual([6, 5, 6, 3]);
  });

  it('are listed once where they are shared, and under each name in the state dict', () => {
    class Tied extends nn.Module {
      a = new nn.Linear(2, 2, { bias: false });
      b = new nn.Linear(2, 2, { bias: false });
      again = this.a;
      constructor() {
        super();
        this.b.weight = this.a.weight;
      }
      forward(x: Tensor): Tensor {
        return this.b.forward(this.a.forward(x));
      }
    }
    const tied = new Tied();
    expect(names(tied.namedParameters())).toEqual(['a.weight']);
    expect(tied.modules()).toHaveLength(3);
    expect(Object.keys(tied.stateDict())).toEqual(['a.weight', 'b.weight', 'again.weight']);
    tied.to('float64');
    expect(tied.a.weight).toBe(tied.b.weight);
    expect(tied.a.weight.dtype).toBe('float64');
  });

  it('may refer back to their parent', () => {
    class Child extends nn.Module {
      parent: nn.Module | null = null;
      layer = new nn.Linear(1, 1);
      forward(x: Tensor): Tensor {
        return this.layer.forward(x);
      }
    }
    const child = new Child();
    const parent = new nn.Sequential(child);
    child.parent = parent;
    expect(names(parent.namedParameters())).toEqual(['0.layer.weight', '0.layer.bias']);
    expect(Object.keys(parent.stateDict())).toEqual(['0.layer.weight', '0.layer.bias']);
  });

  it('outlive scopes', () => {
    const model = scope(() => ({ layer: new nn.Linear(2, 2) }).layer);
    let norm: nn.BatchNorm1d | undefined;
    scope(() => {
      norm = new nn.BatchNorm1d(2);
    });
    expect([...model.parameters(), ...(norm as nn.BatchNorm1d).buffers()].some((one) => one.disposed)).toBe(
      false,
    );
  });

  it('are parameters with or without new, and buffers', () => {
    const data = tensor([1, 2]);
    const parameter = nn.Parameter(data, { requiresGrad: false });
    expect([
      parameter.requiresGrad,
      new nn.Parameter(data).requiresGrad,
      nn.buffer(data).requiresGrad,
    ]).toEqual([false, true, false]);
    data.fill_(5);
    expect(parameter.toArray()).toEqual([1, 2]);
    expect(() => new nn.Parameter([1] as never)).toThrow(ArgumentError);
    expect(() => new nn.Parameter(tensor([true]))).toThrow(/floating/);
  });
});

describe('state dicts', () => {
  it('share the memory of the module, and load into another', () => {
    const [a, b] = [new Net(), new Net()];
    const state = a.stateDict();
    noGrad(() => a.scale.fill_(7));
    expect(state.scale.toArray()).toEqual([7]);
    expect(b.loadStateDict(state)).toEqual({ missingKeys: [], unexpectedKeys: [] });
    expect(b.stateDict()['blocks.0.conv.weight'].toArray()).toEqual(state['blocks.0.conv.weight'].toArray());
    expect(b.scale.requiresGrad).toBe(true);
    state.scale.dispose();
    expect(a.scale.toArray()).toEqual([7]);
  });

  it('change nothing where they do not fit, and say all that is wrong', () => {
    const layer = new nn.Linear(2, 3);
    const before = layer.weight.toArray();
    const wrong = { weight: zeros([3, 2]), extra: zeros([1]), bias: zeros([2]) };
    const failure = (): unknown => layer.loadStateDict(wrong);
    expect(failure).toThrow(StateDictError);
    expect(failure).toThrow(/unexpected: extra; bias has shape \(2,\) and \(3,\) is needed/);
    expect(() => layer.loadStateDict({ weight: zeros([3, 2]) })).toThrow(/missing: bias/);
    expect(() => layer.loadStateDict({ weight: zeros([2, 2]) }, { strict: false })).toThrow(StateDictError);
    const gone = zeros([3]);
    gone.dispose();
    expect(() => layer.loadStateDict({ weight: zeros([3, 2]), bias: gone })).toThrow(/disposed/);
    expect(() => layer.loadStateDict({ weight: zeros([3, 2]), bias: [1] as never })).toThrow(/no tensor/);
    expect(() => layer.loadStateDict(null as never)).toThrow(ArgumentError);
    expect(layer.weight.toArray()).toEqual(before);
  });

  it('load in part without strict, and report the rest', () => {
    const layer = new nn.Linear(1, 1);
    const report = layer.loadStateDict(
      { weight: tensor([[4]], { dtype: 'float64' }), extra: zeros([1]) },
      { strict: false },
    );
    expect(report).toEqual({ missingKeys: ['bias'], unexpectedKeys: ['extra'] });
    expect(layer.weight.toArray()).toEqual([[4]]);
    expect(layer.weight.dtype).toBe('float32');
  });

  it('make a graph that saved the old values refuse to run', () => {
    const model = new nn.Sequential(new nn.Linear(1, 1), new nn.Linear(1, 1));
    const out = model.forward(ones([1, 1]));
    model.loadStateDict(model.stateDict());
    expect(() => out.backward()).toThrow(/changed in place/);
  });
});

describe('modes', () => {
  it('train, eval and requiresGrad_ reach every module', () => {
    const net = new Net();
    expect(
      net
        .eval()
        .modules()
        .every((module) => !module.training),
    ).toBe(true);
    expect(
      net
        .train()
        .modules()
        .every((module) => module.training),
    ).toBe(true);
    expect(() => net.train('yes' as never)).toThrow(ArgumentError);
    expect(
      net
        .requiresGrad_(false)
        .parameters()
        .some((parameter) => parameter.requiresGrad),
    ).toBe(false);
    expect(net.parameters()).toHaveLength(6);
  });

  it('zeroGrad empties gradients', () => {
    const layer = new nn.Linear(2, 1);
    layer.forward(ones([1, 2])).backward();
    expect(layer.bias?.grad?.toArray()).toEqual([1]);
    layer.zeroGrad();
    expect(layer.bias?.grad).toBeNull();
  });

  it('to casts floating members alone, keeping their roles', () => {
    const norm = new nn.BatchNorm1d(2).to('float64');
    expect(norm.namedBuffers().map(([, buffer]) => buffer.dtype)).toEqual(['float64', 'float64', 'int32']);
    expect(norm.parameters().map((one) => [one.dtype, one.requiresGrad])).toEqual([
      ['float64', true],
      ['float64', true],
    ]);
    expect(() => norm.to('int32')).toThrow(DTypeError);
    const weight = norm.weight;
    expect(norm.to('float64').weight).toBe(weight);
  });

  it('apply visits children before their parents', () => {
    const seen: string[] = [];
    new nn.Sequential(new nn.Sequential(new nn.ReLU()), new nn.Tanh()).apply((module) =>
      seen.push(module.constructor.name),
    );
    expect(seen).toEqual(['ReLU', 'Sequential', 'Tanh', 'Sequential']);
  });
});

describe('Sequential', () => {
  it('can be read and extended', () => {
    const model = new nn.Sequential(new nn.ReLU());
    model.append(new nn.Linear(2, 1));
    expect(model.length).toBe(2);
    expect(model.at(-1)).toBeInstanceOf(nn.Linear);
    expect([...model].map((layer) => layer.constructor.name)).toEqual(['ReLU', 'Linear']);
    expect(() => model.at(2)).toThrow(/no module 2/);
    expect(() => new nn.Sequential(((x: Tensor) => x) as never)).toThrow(ArgumentError);
  });
});

describe('text', () => {
  it('prints like PyTorch', () => {
    const text = [
      'Net(',
      '  (blocks.0): Block(',
      '    (conv): Conv2d(1, 2, kernelSize=3, stride=1)',
      '    (norm): BatchNorm2d(2, eps=0.00001, momentum=0.1, affine=true, trackRunningStats=true)',
      '  )',
      '  (blocks.1): Identity()',
      '  (head): Linear(inFeatures=2, outFeatures=1, bias=false)',
      ')',
    ].join('\n');
    expect(String(new Net())).toBe(text);
    expect(inspect(new Net())).toBe(text);
  });

  it('summarises modules, shapes and parameters, and leaves the model as it was', () => {
    const net = new Net();
    net.head.weight.requiresGrad = false;
    net.blocks[1].eval();
    const mean = net.stateDict()['blocks.0.norm.running_mean'].toArray();
    const lines = net.summary([3, 1, 8, 8]).split('\n');
    expect(lines.slice(3, 9).map((line) => line.split(/ {4,}/))).toEqual([
      ['Net', '[3, 1]', '1'],
      ['├─Block: 1-1', '[3, 2, 6, 6]', '--'],
      ['│   ├─Conv2d: 2-1', '[3, 2, 6, 6]', '20'],
      ['│   └─BatchNorm2d: 2-2', '[3, 2, 6, 6]', '4'],
      ['├─Identity: 1-2', '[3, 2, 6, 6]', '--'],
      ['└─Linear: 1-3', '[3, 1]', '2'],
    ]);
    expect(lines.slice(10, 14)).toEqual([
      'Total params: 27',
      'Trainable params: 25',
      'Non-trainable params: 2',
      'Params size (MB): 0.00',
    ]);
    expect(net.stateDict()['blocks.0.norm.running_mean'].toArray()).toEqual(mean);
    expect([net.training, net.blocks[1].training]).toEqual([true, false]);
    expect(Object.hasOwn(net, 'forward')).toBe(false);
    expect(() => net.summary([3, 5, 8, 8])).toThrow(/channels/);
    expect(Object.hasOwn(net, 'forward')).toBe(false);
  });
});

describe('training', () => {
  it('fits XOR', () => {
    manualSeed(3);
    const model = new nn.Sequential(new nn.Linear(2, 8), new nn.Tanh(), new nn.Linear(8, 1));
    const optimizer = new optim.Adam(model.parameters(), { lr: 0.05 });
    const x = tensor([
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ]);
    const y = tensor([[0], [1], [1], [0]]);
    let last = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 200; i++) {
      last = scope(() => {
        const loss = nn.functional.binaryCrossEntropyWithLogits(model.forward(x), y);
        optimizer.zeroGrad();
        loss.backward();
        optimizer.step();
        return loss.item();
      });
    }
    expect(last).toBeLessThan(0.05);
  });
});
