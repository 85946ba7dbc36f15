// Single operations, from four numbers to products of whole matrices.

import type { Case } from './case.js';

/** An operation whose result is given back at once. */
function op(name: string, prepare: Case['prepare']): Case {
  return { name, group: 'ops', prepare };
}

export const ops: readonly Case[] = [
  op('add, 4', (q) => {
    const [a, b] = [q.randn([4]), q.randn([4])];
    return () => q.add(a, b).dispose();
  }),
  op('add with gradient, 4', (q) => {
    const [a, b] = [q.randn([4], { requiresGrad: true }), q.randn([4])];
    return () => q.add(a, b).dispose();
  }),
  op('add, 1024x1024', (q) => {
    const [a, b] = [q.randn([1024, 1024]), q.randn([1024, 1024])];
    return () => q.add(a, b).dispose();
  }),
  op('add row, 1024x1024', (q) => {
    const [a, b] = [q.randn([1024, 1024]), q.randn([1024])];
    return () => q.add(a, b).dispose();
  }),
  op('exp, 256x1024', (q) => {
    const a = q.randn([256, 1024]);
    return () => q.exp(a).dispose();
  }),
  op('tanh, 256x1024', (q) => {
    const a = q.randn([256, 1024]);
    return () => q.tanh(a).dispose();
  }),
  op('sum, 1024x1024', (q) => {
    const a = q.randn([1024, 1024]);
    return () => q.sum(a).dispose();
  }),
  op('sum of rows, 1024x1024', (q) => {
    const a = q.randn([1024, 1024]);
    return () => q.sum(a, 1).dispose();
  }),
  op('softmax, 256x1024', (q) => {
    const a = q.randn([256, 1024]);
    return () => q.softmax(a, 1).dispose();
  }),
  op('matmul, 64x64', (q) => {
    const [a, b] = [q.randn([64, 64]), q.randn([64, 64])];
    return () => q.matmul(a, b).dispose();
  }),
  op('matmul, 256x256', (q) => {
    const [a, b] = [q.randn([256, 256]), q.randn([256, 256])];
    return () => q.matmul(a, b).dispose();
  }),
  op('matmul, 512x512', (q) => {
    const [a, b] = [q.randn([512, 512]), q.randn([512, 512])];
    return () => q.matmul(a, b).dispose();
  }),
  op('conv2d 3x3, 16x32x28x28 to 32', (q) => {
    const [x, w] = [q.randn([16, 32, 28, 28]), q.randn([32, 32, 3, 3])];
    return () => q.nn.functional.conv2d(x, w, { padding: 1 }).dispose();
  }),
  op('maxPool2d 2, 16x32x28x28', (q) => {
    const x = q.randn([16, 32, 28, 28]);
    return () => q.nn.functional.maxPool2d(x, 2).dispose();
  }),
];
