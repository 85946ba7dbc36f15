// The steps' models in Quern are those that every contender is given the weights of.

import { describe, expect, test } from 'vitest';
import { models } from '../../bench/steps/models.mjs';
import { specs } from '../../bench/steps/specs.js';

describe.each(specs)('$title', (spec) => {
  test('has the parameters that the file of inputs holds', () => {
    const { model } = models[spec.name]();
    const own = Object.fromEntries(model.namedParameters().map(([name, one]) => [name, [...one.shape]]));
    expect(own).toEqual(Object.fromEntries(spec.parameters.map((one) => [one.name, [...one.shape]])));
  });
});
