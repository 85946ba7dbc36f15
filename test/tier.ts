// The tier of this test run: smoke takes seconds, normal a few minutes, full is everything.
// Whole files choose by name (x.smoke.test.ts runs in every tier, x.full.test.ts in full alone);
// generated tests scale their samples by these values.

export const TIERS = ['smoke', 'normal', 'full'] as const;

export type Tier = (typeof TIERS)[number];

function readTier(): Tier {
  const name = process.env.QUERN_TEST_TIER ?? 'normal';
  const tier = TIERS.find((known) => known === name);
  if (!tier) throw new Error(`QUERN_TEST_TIER is "${name}"; it must be one of ${TIERS.join(', ')}`);
  return tier;
}

export const tier = readTier();

export const isSmoke = tier === 'smoke';

export const isFull = tier === 'full';
