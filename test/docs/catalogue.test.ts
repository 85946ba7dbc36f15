// The catalogue of what a PyTorch user looks for is true: what it says is there is there and tested, what it says is
// missing is missing, and no member of the modules that it covers is left out.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { camelCase } from '../catalogue/entry.js';
import { catalogue } from '../catalogue.js';
import { rows } from '../op_db.js';
import { ROOT } from '../setup/addon-path.js';
import { isExported, isTested, rowOf } from '../support/tested.js';

/** The names in each module of PyTorch. */
const names = new Map(
  Object.entries(
    (JSON.parse(readFileSync(join(ROOT, 'test/golden/names.json'), 'utf8')) as { names: object }).names,
  ).map(([module, own]) => [module, (own as string).split(' ')]),
);

const entries = catalogue.flatMap((group) => group.entries);
const listed = entries.flatMap(({ torch }) => torch ?? []);
const exported = entries.flatMap(({ quern }) => quern ?? []);

/** Of torch itself the catalogue has a part, and of its tensors the methods that write in place. */
const covered = [...names].flatMap(([module, own]) => {
  if (module === 'torch') return [];
  const chosen = module === 'torch.Tensor' ? own.filter((name) => name.endsWith('_')) : own;
  return chosen.map((name) => `${module}.${name}`);
});

/** Shows all of a list, where it is not empty. */
const expectNone = (list: readonly string[]): void => expect([...new Set(list)].join(' ')).toBe('');

describe.each(catalogue)('$title', ({ entries: own }) => {
  it('is exported where it says', () => {
    expectNone(own.flatMap(({ quern }) => (quern === null || isExported(quern) ? [] : quern)));
  });

  it('is tested', () => {
    expectNone(own.flatMap(({ quern }) => (quern === null || isTested(quern) ? [] : quern)));
  });

  it('lacks what it says is missing, each with a reason', () => {
    for (const { torch, quern, reason } of own) {
      expect(quern === null, `${torch}`).toBe(reason !== undefined);
      if (quern !== null) continue;
      expect(reason, `${torch}`).toMatch(/\w{3}/);
      const [, module, name] = /^torch\.(?:(.*)\.)?(\w+)$/.exec(torch as string) as RegExpExecArray;
      const places = {
        Tensor: 'Tensor.prototype.',
        'nn.Module': 'nn.Module.prototype.',
        func: '',
        autograd: '',
      };
      const place = places[module as 'func'] ?? (module === undefined ? '' : `${module}.`);
      expect(isExported(place + camelCase(name)), `${torch} is there`).toBe(false);
    }
  });
});

describe('the catalogue', () => {
  it('names what PyTorch has, each once', () => {
    const known = (torch: string): boolean => {
      const dot = torch.lastIndexOf('.');
      return names.get(torch.slice(0, dot))?.includes(torch.slice(dot + 1)) === true;
    };
    expectNone(listed.filter((torch) => !known(torch)));
    expectNone(listed.filter((torch, i) => listed.indexOf(torch) !== i));
  });

  it('leaves out nothing of the modules that it covers', () => {
    expectNone(covered.filter((torch) => !listed.includes(torch)));
  });

  it('leaves out no operation of ours', () => {
    const shown = new Set(exported.map((path) => path.slice(path.lastIndexOf('.') + 1)));
    expectNone(rows.map(([name]) => name).filter((name) => !shown.has(name)));
  });

  it('counts as tested only what a test knows', () => {
    expect(rowOf('nn.functional.conv2d')).toBeDefined();
    expect(rowOf('normalize')).toBeUndefined();
    expect(isTested('nn.Conv2d')).toBe(true);
    expect(isTested('nn.NeverHeardOf')).toBe(false);
    expect(isExported('nn.functional.neverHeardOf')).toBe(false);
    expect(isExported('nowhere.conv2d')).toBe(false);
  });
});
