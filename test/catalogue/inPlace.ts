// Methods that write over their tensor: all that PyTorch's tensors have.

import { alike, type Group, missing, renamed } from './entry.js';

const method = (name: string): string => `Tensor.prototype.${name}`;

export const inPlace: Group = {
  title: 'In place',
  entries: [
    ...alike(
      'torch.Tensor',
      'Tensor.prototype',
      `abs_ acos_ acosh_ add_ addbmm_ addcdiv_ addcmul_ addmm_ addmv_ addr_ asin_ asinh_ atan_ atan2_ atanh_
      baddbmm_ bitwise_and_ bitwise_left_shift_ bitwise_not_ bitwise_or_ bitwise_right_shift_ bitwise_xor_
      ceil_ clamp_ copy_ copysign_ cos_ cosh_ cumprod_ cumsum_ digamma_ div_ eq_ erf_ erfc_ exp_ exp2_ expm1_
      fill_ floor_ floor_divide_ fmod_ frac_ ge_ gt_ hypot_ index_add_ index_copy_ index_fill_ index_put_ le_
      lerp_ lgamma_ log_ log10_ log1p_ log2_ logical_and_ logical_not_ logical_or_ logical_xor_ lt_
      masked_fill_ masked_scatter_ mul_ nan_to_num_ ne_ neg_ polygamma_ pow_ put_ reciprocal_ relu_ remainder_ requires_grad_
      round_ rsqrt_ scatter_ scatter_add_ scatter_reduce_ sigmoid_ sign_ sin_ sinh_ sqrt_ square_ sub_ tan_
      tanh_ tril_ triu_ trunc_ xlogy_ zero_`,
    ),
    ...renamed({
      'torch.Tensor.absolute_': method('abs_'),
      'torch.Tensor.arccos_': method('acos_'),
      'torch.Tensor.arccosh_': method('acosh_'),
      'torch.Tensor.arcsin_': method('asin_'),
      'torch.Tensor.arcsinh_': method('asinh_'),
      'torch.Tensor.arctan_': method('atan_'),
      'torch.Tensor.arctan2_': method('atan2_'),
      'torch.Tensor.arctanh_': method('atanh_'),
      'torch.Tensor.clamp_max_': method('clamp_'),
      'torch.Tensor.clamp_min_': method('clamp_'),
      'torch.Tensor.clip_': method('clamp_'),
      'torch.Tensor.divide_': method('div_'),
      'torch.Tensor.fix_': method('trunc_'),
      'torch.Tensor.greater_': method('gt_'),
      'torch.Tensor.greater_equal_': method('ge_'),
      'torch.Tensor.less_': method('lt_'),
      'torch.Tensor.less_equal_': method('le_'),
      'torch.Tensor.multiply_': method('mul_'),
      'torch.Tensor.negative_': method('neg_'),
      'torch.Tensor.not_equal_': method('ne_'),
      'torch.Tensor.sgn_': method('sign_'),
      'torch.Tensor.subtract_': method('sub_'),
      'torch.Tensor.true_divide_': method('div_'),
    }),
    ...missing(
      "a tensor's shape, strides and storage are fixed once it is made; the form without underscore answers a view, which costs no copy",
      'torch.Tensor',
      `as_strided_ detach_ resize_ resize_as_ set_ squeeze_ swapaxes_ swapdims_ t_ transpose_ unsqueeze_`,
    ),
    ...missing(
      'the function itself is not there: special functions and number theory that training does not use',
      'torch.Tensor',
      `deg2rad_ erfinv_ float_power_ gcd_ heaviside_ i0_ igamma_ igammac_ lcm_ ldexp_ logit_ mvlgamma_
      nextafter_ rad2deg_ sinc_`,
    ),
    ...missing(
      '`narrow`, `diagonal` and `indexPut_` write the same places',
      'torch.Tensor',
      'fill_diagonal_',
    ),
    ...missing(
      '`scatterReduce` reduces at indices, and answers a new tensor',
      'torch.Tensor',
      'index_reduce_',
    ),
    ...missing('`norm`, and `mul_` under `noGrad`, bound rows as well', 'torch.Tensor', 'renorm_'),
    ...missing(
      'it calls a function for each element; `x.copy_(tensor(x.dataSync().map(f)).view(x.shape))` does so too',
      'torch.Tensor',
      'apply_ map_ map2_',
    ),
    ...missing(
      'tensors pass between threads by `toShared` and `fromShared`',
      'torch.Tensor',
      'share_memory_',
    ),
    ...missing('there are no complex numbers', 'torch.Tensor', 'conj_physical_'),
    ...missing(
      'there are no sparse tensors',
      'torch.Tensor',
      'resize_as_sparse_ sparse_resize_ sparse_resize_and_clear_',
    ),
  ],
};
