// What training takes beside modules: initialisation, optimizers, schedules, differentiation, settings.

import { alike, type Group, missing, ours, renamed } from './entry.js';

export const training: readonly Group[] = [
  {
    title: 'Initialisation',
    entries: alike(
      'torch.nn.init',
      'nn.init',
      `calculate_gain constant_ dirac_ eye_ kaiming_normal_ kaiming_uniform_ normal_ ones_ orthogonal_ sparse_
      trunc_normal_ uniform_ xavier_normal_ xavier_uniform_ zeros_`,
    ),
  },
  {
    title: 'Optimizers',
    entries: [
      ...alike(
        'torch.optim',
        'optim',
        `Optimizer SGD Adam AdamW NAdam RAdam Adamax RMSprop Rprop Adagrad Adadelta ASGD LBFGS`,
      ),
      ...ours('optim.Lion optim.LAMB'),
      ...missing('there are no sparse gradients; `Adam` takes dense ones', 'torch.optim', 'SparseAdam'),
      ...missing(
        'it saves the memory of a second moment, for models of billions of weights',
        'torch.optim',
        'Adafactor',
      ),
      ...missing(
        'for the hidden matrices of large models, with another optimizer for the rest; young in PyTorch too',
        'torch.optim',
        'Muon',
      ),
    ],
  },
  {
    title: 'Clipping and penalties',
    entries: [
      ...alike('torch.nn.utils', 'optim', 'clip_grad_norm_ clip_grad_value_'),
      ...ours('optim.l1Penalty optim.l2Penalty optim.elasticNetPenalty'),
      ...missing(
        '`optim.clipGradNorm_` answers the norm, with an infinite limit unchanged',
        'torch.nn.utils',
        'clip_grads_with_norm_ get_total_norm',
      ),
    ],
  },
  {
    title: 'Schedules of the learning rate',
    entries: [
      ...alike(
        'torch.optim.lr_scheduler',
        'optim.lrScheduler',
        `LRScheduler StepLR MultiStepLR ConstantLR LinearLR ExponentialLR PolynomialLR CosineAnnealingLR
        CosineAnnealingWarmRestarts OneCycleLR CyclicLR LambdaLR MultiplicativeLR SequentialLR
        ChainedScheduler ReduceLROnPlateau`,
      ),
      ...ours('optim.lrScheduler.WarmupLR'),
    ],
  },
  {
    title: 'Averages of weights',
    entries: alike(
      'torch.optim.swa_utils',
      'optim.swaUtils',
      `AveragedModel SWALR get_ema_avg_fn get_ema_multi_avg_fn get_swa_avg_fn get_swa_multi_avg_fn update_bn`,
    ),
  },
  {
    title: 'Differentiation',
    entries: [
      ...alike('torch.func', '', 'grad vjp jvp hessian vmap'),
      ...alike(
        'torch.autograd',
        '',
        'gradcheck gradgradcheck detect_anomaly set_detect_anomaly no_grad enable_grad',
      ),
      ...alike('torch.autograd.functional', '', 'hessian jacobian jvp vjp'),
      ...alike('torch.utils.checkpoint', '', 'checkpoint checkpoint_sequential'),
      ...renamed({
        'torch.Tensor.backward': 'Tensor.prototype.backward',
        'torch.Tensor.register_hook': 'Tensor.prototype.registerHook',
        'torch.Tensor.retain_grad': 'Tensor.prototype.retainGrad',
        'torch.func.grad_and_value': 'valueAndGrad',
        'torch.func.jacrev': 'jacobian',
        'torch.func.jacfwd': 'jacobian',
        'torch.autograd.grad': 'gradients',
        'torch.autograd.backward': 'Tensor.prototype.backward',
        'torch.autograd.Function': 'customFunction',
        'torch.autograd.inference_mode': 'noGrad',
        'torch.autograd.set_grad_enabled': 'enableGrad',
        'torch.is_anomaly_enabled': 'isAnomalyEnabled',
        'torch.is_grad_enabled': 'isGradEnabled',
      }),
      ...missing(
        '`jvp` of `grad(f)` is the product with the Hessian, which is symmetric',
        'torch.autograd.functional',
        'hvp vhp',
      ),
      ...missing(
        'a module reads the weights that it holds; `loadStateDict` and `nn.utils.vectorToParameters` put others there',
        'torch.func',
        'functional_call stack_module_state',
      ),
      ...missing(
        '`eval()` has the same effect: running statistics are then read, not written',
        'torch.func',
        'replace_all_batch_norm_modules_',
      ),
      ...missing('there is no forward mode to run again; `jvp` starts anew', 'torch.func', 'linearize'),
      ...missing('it prepares a program for a compiler', 'torch.func', 'functionalize'),
      ...missing('every tensor is a variable', 'torch.autograd', 'Variable variable'),
      ...missing(
        'internals of its engine',
        'torch.autograd',
        'NestedIOFunction enforce_grad_layout_policy set_multithreading_enabled',
      ),
    ],
  },
  {
    title: 'Precision, threads and files',
    entries: [
      ...renamed({
        'torch.autocast': 'autocast',
        'torch.is_autocast_enabled': 'isAutocastEnabled',
        'torch.get_num_threads': 'getNumThreads',
        'torch.set_num_threads': 'setNumThreads',
        'torch.save': 'saveSafetensors',
        'torch.load': 'loadSafetensors',
      }),
      ...ours('toShared fromShared'),
    ],
  },
];
