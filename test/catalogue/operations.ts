// Operations on tensors that a PyTorch user looks for, by family.

import { alike, type Group, ours, renamed } from './entry.js';

export const operations: readonly Group[] = [
  {
    title: 'Creation',
    entries: [
      ...alike(
        'torch',
        '',
        `tensor zeros ones full empty arange linspace logspace eye zeros_like ones_like full_like empty_like
        diag diag_embed tril triu tril_indices triu_indices meshgrid`,
      ),
      ...renamed({ 'torch.as_tensor': 'tensor', 'torch.from_numpy': 'tensor' }),
    ],
  },
  {
    title: 'Random numbers',
    entries: [
      ...alike(
        'torch',
        '',
        `rand randn randint randperm rand_like randn_like randint_like bernoulli multinomial normal poisson
        manual_seed`,
      ),
      ...renamed({ 'torch.get_rng_state': 'getRandomState', 'torch.set_rng_state': 'setRandomState' }),
      ...ours('uniform exponential standardGamma'),
      ...alike(
        'torch.Tensor',
        'Tensor.prototype',
        'uniform_ normal_ log_normal_ exponential_ cauchy_ geometric_ bernoulli_ random_',
      ),
    ],
  },
  {
    title: 'Functions of one operand',
    entries: [
      ...alike(
        'torch',
        '',
        `abs neg sign square sqrt rsqrt reciprocal exp expm1 exp2 log log1p log2 log10 sin cos tan asin acos
        atan sinh cosh tanh asinh acosh atanh sigmoid relu erf erfc lgamma digamma polygamma floor ceil round
        trunc frac clamp nan_to_num isnan isfinite isinf logical_not bitwise_not`,
      ),
      ...renamed({
        'torch.absolute': 'abs',
        'torch.negative': 'neg',
        'torch.arcsin': 'asin',
        'torch.arccos': 'acos',
        'torch.arctan': 'atan',
        'torch.arcsinh': 'asinh',
        'torch.arccosh': 'acosh',
        'torch.arctanh': 'atanh',
        'torch.clip': 'clamp',
        'torch.clamp_min': 'clamp',
        'torch.clamp_max': 'clamp',
        'torch.fix': 'trunc',
        'torch.sgn': 'sign',
      }),
    ],
  },
  {
    title: 'Functions of two and three operands',
    entries: [
      ...alike(
        'torch',
        '',
        `add sub mul div pow remainder fmod floor_divide maximum minimum atan2 hypot copysign xlogy logaddexp
        eq ne lt le gt ge logical_and logical_or logical_xor bitwise_and bitwise_or bitwise_xor
        bitwise_left_shift bitwise_right_shift isclose allclose equal where lerp addcmul addcdiv masked_fill`,
      ),
      ...renamed({
        'torch.subtract': 'sub',
        'torch.multiply': 'mul',
        'torch.divide': 'div',
        'torch.true_divide': 'div',
        'torch.arctan2': 'atan2',
        'torch.greater': 'gt',
        'torch.greater_equal': 'ge',
        'torch.less': 'lt',
        'torch.less_equal': 'le',
        'torch.not_equal': 'ne',
      }),
    ],
  },
  {
    title: 'Products of vectors and matrices',
    entries: [
      ...alike(
        'torch',
        '',
        `matmul mm bmm mv dot vdot outer inner kron cross addmm addmv addr addbmm baddbmm einsum tensordot
        matrix_power trace`,
      ),
      ...renamed({ 'torch.chain_matmul': 'multiDot', 'torch.ger': 'outer' }),
    ],
  },
  {
    title: 'Reductions and scans',
    entries: [
      ...alike(
        'torch',
        '',
        `sum mean std var_mean std_mean prod max min amax amin aminmax argmax argmin all any norm dist cdist
        logsumexp nansum nanmean cumsum cumprod cummax cummin logcumsumexp median nanmedian quantile
        nanquantile mode kthvalue count_nonzero bincount histc histogram softmax log_softmax`,
      ),
      ...renamed({ 'torch.var': 'variance' }),
    ],
  },
  {
    title: 'Shape',
    entries: [
      ...alike(
        'torch',
        '',
        `reshape flatten unflatten squeeze unsqueeze transpose t permute movedim swapaxes broadcast_to
        broadcast_tensors tile repeat_interleave flip fliplr flipud roll rot90 cat concat stack hstack vstack
        dstack split tensor_split chunk unbind narrow ravel atleast_1d atleast_2d atleast_3d diagonal clone
        detach`,
      ),
      ...alike('torch.Tensor', '', 'view view_as reshape_as expand expand_as repeat contiguous'),
      ...renamed({
        'torch.concatenate': 'concat',
        'torch.moveaxis': 'movedim',
        'torch.row_stack': 'vstack',
        'torch.swapdims': 'swapaxes',
        'torch.split_with_sizes': 'split',
        'torch.Tensor.unfold': 'Tensor.prototype.unfold',
      }),
    ],
  },
  {
    title: 'Indexing, order and reading',
    entries: [
      ...alike(
        'torch',
        '',
        `select gather scatter scatter_add scatter_reduce index_select index_add index_copy index_fill
        index_put take take_along_dim masked_select masked_scatter nonzero argwhere sort argsort msort topk
        unique unique_consecutive searchsorted bucketize`,
      ),
      ...alike('torch.Tensor', '', 'to item'),
      ...renamed({ 'torch.Tensor.tolist': 'toArray', 'torch.Tensor.numpy': 'dataSync' }),
      // What PyTorch writes in brackets.
      ...ours('index slice'),
    ],
  },
];
