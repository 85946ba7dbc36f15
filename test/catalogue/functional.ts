// The functions of torch.nn.functional, all of them.

import { alike, type Group, missing, ours, renamed } from './entry.js';

const TORCH = 'torch.nn.functional';
const QUERN = 'nn.functional';
const like = (names: string) => alike(TORCH, QUERN, names);

export const functional: readonly Group[] = [
  {
    title: 'Activations, as functions',
    entries: [
      ...like(
        `celu elu gelu glu gumbel_softmax hardshrink hardsigmoid hardswish hardtanh leaky_relu log_softmax
        logsigmoid mish prelu relu relu6 rrelu selu sigmoid silu softmax softmin softplus softshrink softsign
        tanh tanhshrink threshold`,
      ),
      ...renamed({ [`${TORCH}.relu_`]: 'Tensor.prototype.relu_' }),
      ...missing(
        'the gradient reads the operand, so the form in place would keep a copy of it and save nothing; `relu_`, `sigmoid_` and `tanh_`, whose gradients read the result, are there',
        TORCH,
        'celu_ elu_ hardtanh_ leaky_relu_ rrelu_ selu_ threshold_',
      ),
    ],
  },
  {
    title: 'Layers, as functions',
    entries: [
      ...like(
        `linear bilinear embedding embedding_bag one_hot conv1d conv2d conv3d conv_transpose1d
        conv_transpose2d conv_transpose3d unfold fold scaled_dot_product_attention dropout dropout1d dropout2d
        dropout3d alpha_dropout feature_alpha_dropout cosine_similarity pairwise_distance`,
      ),
      ...ours('nn.functional.sinusoidalPositions nn.functional.rotaryEmbedding'),
      ...ours('nn.functional.rnn nn.functional.lstm nn.functional.gru'),
      ...missing(
        '`nn.MultiheadAttention` is this function; its parts are `linear` and `scaledDotProductAttention`',
        TORCH,
        'multi_head_attention_forward',
      ),
      ...missing('`cdist(x, x)` has the same distances, each of them twice', TORCH, 'pdist'),
      ...missing('`conv1d` of the transposed operand', TORCH, 'conv_tbc'),
      ...missing(
        'products of quantised matrices, or of many at once on a GPU',
        TORCH,
        'grouped_mm scaled_grouped_mm scaled_mm',
      ),
    ],
  },
  {
    title: 'Pooling, as functions',
    entries: [
      ...like(
        `max_pool1d max_pool2d max_pool3d avg_pool1d avg_pool2d avg_pool3d lp_pool1d lp_pool2d lp_pool3d
        adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d adaptive_max_pool2d
        adaptive_max_pool3d max_unpool1d max_unpool2d max_unpool3d`,
      ),
      ...missing(
        'windows of random sizes, of one paper, which hardly any model uses',
        TORCH,
        'fractional_max_pool2d fractional_max_pool3d',
      ),
    ],
  },
  {
    title: 'Normalisation, as functions',
    entries: like('batch_norm layer_norm group_norm instance_norm rms_norm local_response_norm normalize'),
  },
  {
    title: 'Images and padding, as functions',
    entries: [
      ...like('pad interpolate grid_sample affine_grid pixel_shuffle pixel_unshuffle channel_shuffle'),
      ...renamed({
        [`${TORCH}.native_channel_shuffle`]: `${QUERN}.channelShuffle`,
        [`${TORCH}.upsample`]: `${QUERN}.interpolate`,
        [`${TORCH}.upsample_bilinear`]: `${QUERN}.interpolate`,
        [`${TORCH}.upsample_nearest`]: `${QUERN}.interpolate`,
      }),
    ],
  },
  {
    title: 'Losses, as functions',
    entries: [
      ...like(
        `mse_loss l1_loss smooth_l1_loss huber_loss binary_cross_entropy binary_cross_entropy_with_logits
        cross_entropy nll_loss poisson_nll_loss gaussian_nll_loss multi_margin_loss multilabel_margin_loss
        multilabel_soft_margin_loss soft_margin_loss hinge_embedding_loss cosine_embedding_loss
        margin_ranking_loss triplet_margin_loss triplet_margin_with_distance_loss ctc_loss`,
      ),
      ...renamed({ [`${TORCH}.kl_div`]: `${QUERN}.klDivLoss` }),
      ...ours(
        'nn.functional.hingeLoss nn.functional.focalLoss nn.functional.sigmoidFocalLoss nn.functional.diceLoss',
      ),
      ...missing(
        '`crossEntropy(linear(x, w), target)`; it would save the memory of the scores',
        TORCH,
        'linear_cross_entropy',
      ),
    ],
  },
];
