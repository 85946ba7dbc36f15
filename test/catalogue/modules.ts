// Modules and losses: all classes of torch.nn, and all methods of its Module.

import { alike, type Group, missing, ours, renamed } from './entry.js';

const TORCH = 'torch.nn';
const like = (names: string) => alike(TORCH, 'nn', names);

const METHOD = 'torch.nn.Module';
const method = (name: string): string => `nn.Module.prototype.${name}`;

export const modules: readonly Group[] = [
  {
    title: 'Linear maps, embeddings and similarity',
    entries: [
      ...like('Linear Bilinear Embedding EmbeddingBag Identity CosineSimilarity PairwiseDistance'),
      ...ours('nn.Perceptron'),
    ],
  },
  {
    title: 'Convolutions',
    entries: like('Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d Unfold Fold'),
  },
  {
    title: 'Pooling',
    entries: [
      ...like(
        `MaxPool1d MaxPool2d MaxPool3d AvgPool1d AvgPool2d AvgPool3d LPPool1d LPPool2d LPPool3d
        AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d AdaptiveMaxPool1d AdaptiveMaxPool2d
        AdaptiveMaxPool3d MaxUnpool1d MaxUnpool2d MaxUnpool3d`,
      ),
      ...missing(
        'windows of random sizes, of one paper, which hardly any model uses',
        TORCH,
        'FractionalMaxPool2d FractionalMaxPool3d',
      ),
    ],
  },
  {
    title: 'Normalisation',
    entries: [
      ...like(
        `BatchNorm1d BatchNorm2d BatchNorm3d LayerNorm GroupNorm InstanceNorm1d InstanceNorm2d InstanceNorm3d
        RMSNorm LocalResponseNorm`,
      ),
      ...renamed({ 'torch.nn.CrossMapLRN2d': 'nn.LocalResponseNorm' }),
      ...missing(
        'it joins the statistics of several GPUs; a batch of Quern is in one process',
        TORCH,
        'SyncBatchNorm',
      ),
    ],
  },
  {
    title: 'Activations',
    entries: like(
      `CELU ELU GELU GLU Hardshrink Hardsigmoid Hardswish Hardtanh LeakyReLU LogSigmoid LogSoftmax Mish PReLU
      RReLU ReLU ReLU6 SELU SiLU Sigmoid Softmax Softmax2d Softmin Softplus Softshrink Softsign Tanh Tanhshrink
      Threshold`,
    ),
  },
  {
    title: 'Dropout',
    entries: like('Dropout Dropout1d Dropout2d Dropout3d AlphaDropout FeatureAlphaDropout'),
  },
  {
    title: 'Recurrent layers',
    entries: [
      ...like('RNN LSTM GRU RNNCell LSTMCell GRUCell'),
      ...alike(
        'torch.nn.utils.rnn',
        'nn.utils.rnn',
        `PackedSequence pack_padded_sequence pad_packed_sequence pack_sequence
        unpack_sequence pad_sequence unpad_sequence invert_permutation`,
      ),
      ...missing(
        'what the layers and cells of PyTorch share, not meant for users',
        TORCH,
        'RNNBase RNNCellBase',
      ),
    ],
  },
  {
    title: 'Attention, transformers and positions',
    entries: [
      ...like(
        `MultiheadAttention Transformer TransformerEncoder TransformerEncoderLayer TransformerDecoder
        TransformerDecoderLayer`,
      ),
      ...ours('nn.SinusoidalPositionalEncoding nn.LearnedPositionalEncoding nn.RotaryPositionalEmbedding'),
    ],
  },
  {
    title: 'Shape, padding and images',
    entries: [
      ...like(
        `Flatten Unflatten Upsample UpsamplingBilinear2d UpsamplingNearest2d PixelShuffle PixelUnshuffle ChannelShuffle CircularPad1d CircularPad2d
        CircularPad3d ConstantPad1d ConstantPad2d ConstantPad3d ReflectionPad1d ReflectionPad2d
        ReflectionPad3d ReplicationPad1d ReplicationPad2d ReplicationPad3d ZeroPad1d ZeroPad2d ZeroPad3d`,
      ),
    ],
  },
  {
    title: 'Modules, parameters and containers',
    entries: [
      ...like('Module Parameter Sequential ModuleList ModuleDict ParameterList ParameterDict'),
      ...renamed({ 'torch.nn.Buffer': 'nn.buffer', 'torch.nn.Container': 'nn.Module' }),
      ...missing(
        'a layer states its sizes when it is made, so that its weights exist before the first batch',
        TORCH,
        `LazyBatchNorm1d LazyBatchNorm2d LazyBatchNorm3d LazyConv1d LazyConv2d LazyConv3d LazyConvTranspose1d
        LazyConvTranspose2d LazyConvTranspose3d LazyInstanceNorm1d LazyInstanceNorm2d LazyInstanceNorm3d
        LazyLinear UninitializedBuffer UninitializedParameter`,
      ),
      ...missing('it spreads a batch over several GPUs', TORCH, 'DataParallel'),
    ],
  },
  {
    title: 'What modules do',
    entries: [
      ...alike(
        METHOD,
        'nn.Module.prototype',
        `apply buffers children eval extra_repr get_buffer get_parameter get_submodule load_state_dict modules
        named_buffers named_children named_modules named_parameters parameters register_forward_hook
        register_forward_pre_hook register_full_backward_hook register_full_backward_pre_hook requires_grad_
        state_dict to train zero_grad`,
      ),
      ...renamed({
        [`${METHOD}.forward`]: 'nn.Sequential.prototype.forward',
        [`${METHOD}.register_backward_hook`]: method('registerFullBackwardHook'),
        [`${METHOD}.register_buffer`]: 'nn.buffer',
        [`${METHOD}.double`]: method('to'),
        [`${METHOD}.float`]: method('to'),
        [`${METHOD}.type`]: method('to'),
      }),
      ...ours([method('summary'), method('freeze'), method('unfreeze'), method('parameterCount')].join(' ')),
      ...missing(
        'a field that holds a module or a parameter is one of the module, without registration',
        METHOD,
        'add_module register_module register_parameter set_submodule',
      ),
      ...missing(
        'tensors are float32 or float64, integers or bool; `autocast` multiplies in bfloat16',
        METHOD,
        'bfloat16 half',
      ),
      ...missing('there is one device, the CPU', METHOD, 'cpu cuda ipu mtia to_empty xpu'),
      ...missing('operations run as they are called; nothing is compiled', METHOD, 'compile'),
      ...missing(
        'a state dict holds parameters and buffers; a module that keeps more overrides `stateDict` and `loadStateDict`',
        METHOD,
        `get_extra_state set_extra_state register_load_state_dict_post_hook register_load_state_dict_pre_hook
        register_state_dict_post_hook register_state_dict_pre_hook`,
      ),
      ...missing(
        'tensors pass between threads by `toShared` and `fromShared`, a state dict one by one',
        METHOD,
        'share_memory',
      ),
    ],
  },
  {
    title: 'Weights: norms and vectors',
    entries: [
      ...alike('torch.nn.utils.parametrizations', 'nn.utils.parametrizations', 'weight_norm spectral_norm'),
      ...alike(
        'torch.nn.utils.parametrize',
        'nn.utils.parametrize',
        'register_parametrization remove_parametrizations is_parametrized',
      ),
      ...alike('torch.nn.utils', 'nn.utils', 'parameters_to_vector vector_to_parameters'),
      ...renamed({
        'torch.nn.utils.weight_norm': 'nn.utils.parametrizations.weightNorm',
        'torch.nn.utils.spectral_norm': 'nn.utils.parametrizations.spectralNorm',
        'torch.nn.utils.remove_weight_norm': 'nn.utils.parametrize.removeParametrizations',
        'torch.nn.utils.remove_spectral_norm': 'nn.utils.parametrize.removeParametrizations',
      }),
      ...missing(
        'it takes the exponential of a matrix; `nn.init.orthogonal_` gives weights that begin orthogonal',
        'torch.nn.utils.parametrizations',
        'orthogonal',
      ),
      ...missing(
        'internals of parametrizations',
        'torch.nn.utils.parametrize',
        'ParametrizationList cached transfer_parametrizations_and_params type_before_parametrizations',
      ),
      ...missing(
        'a convolution followed by a normalisation is a matter of serving, which comes after training',
        'torch.nn.utils',
        'fuse_conv_bn_eval fuse_conv_bn_weights fuse_linear_bn_eval fuse_linear_bn_weights',
      ),
      ...missing(
        'pictures are (N, C, H, W) in memory; there is no other format to convert to',
        'torch.nn.utils',
        'convert_conv2d_weight_memory_format convert_conv3d_weight_memory_format',
      ),
      ...missing('initialisation costs little on a CPU', 'torch.nn.utils', 'skip_init'),
    ],
  },
  {
    title: 'Losses',
    entries: [
      ...like(
        `MSELoss L1Loss SmoothL1Loss HuberLoss BCELoss BCEWithLogitsLoss CrossEntropyLoss NLLLoss KLDivLoss
        PoissonNLLLoss GaussianNLLLoss MultiMarginLoss MultiLabelMarginLoss MultiLabelSoftMarginLoss
        SoftMarginLoss HingeEmbeddingLoss CosineEmbeddingLoss MarginRankingLoss TripletMarginLoss
        TripletMarginWithDistanceLoss CTCLoss`,
      ),
      ...renamed({ 'torch.nn.NLLLoss2d': 'nn.NLLLoss' }),
      ...ours('nn.HingeLoss nn.FocalLoss nn.DiceLoss'),
      ...missing(
        'a softmax in clusters, for vocabularies of hundreds of thousands of words; tokenizers have made it rare',
        TORCH,
        'AdaptiveLogSoftmaxWithLoss',
      ),
      ...missing(
        '`nn.Linear` and `nn.CrossEntropyLoss`; it would save the memory of the scores',
        TORCH,
        'LinearCrossEntropyLoss LinearCrossEntropyOptions',
      ),
    ],
  },
];
