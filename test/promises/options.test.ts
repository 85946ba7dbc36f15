// Every public function that takes options refuses what is no object of options, and names that it does not know.

import * as q from 'quern';
import { describe, expect, it } from 'vitest';
import { optionNames } from '../../lib/core/options.js';

// What the types forbid, JavaScript programs do all the same.
// biome-ignore lint/suspicious/noExplicitAny: that is the point
type Anything = any;
type Call = (options: Anything) => unknown;

const { nn } = q;
const F = nn.functional;
const { init } = nn;
const { rnn } = nn.utils;

const vector = (): q.Tensor => q.ones([2]);
const signal = () => q.ones([1, 1, 4]);
const image = (): q.Tensor => q.ones([1, 1, 4, 4]);
const volume = () => q.ones([1, 1, 4, 4, 4]);
const weights = (): q.Tensor => q.ones([2, 2]);
const cube = () => q.ones([2, 2, 2]);
const classes = (): q.Tensor => q.zeros([2], { dtype: 'int32' });
const trained = (): q.Tensor => q.ones([2], { requiresGrad: true });
const schedules = q.optim.lrScheduler;
const scheduled = () => new q.optim.SGD([trained()]);
const dataset = (): q.TensorDataset => new q.TensorDataset(q.ones([4, 2]), q.ones([4, 1]));
const batches = (): q.DataLoader => new q.DataLoader(dataset(), { batchSize: 2 });

const SMALL = { dimFeedforward: 2, numEncoderLayers: 1, numDecoderLayers: 1 };
const encoderLayer = () => new nn.TransformerEncoderLayer(2, 1, { dimFeedforward: 2 });
const decoderLayer = () => new nn.TransformerDecoderLayer(2, 1, { dimFeedforward: 2 });
const model = new nn.Linear(2, 1);
const trainer = new q.Trainer({
  model,
  optimizer: new q.optim.SGD(model.parameters(), { lr: 0.1 }),
  loss: F.mseLoss,
});

/** All that take options, by the name under which they are found from 'quern'. */
const CALLS: Readonly<Record<string, Call>> = {
  tensor: (o) => q.tensor([1], o),
  zeros: (o) => q.zeros([2], o),
  ones: (o) => q.ones([2], o),
  full: (o) => q.full([2], 1, o),
  empty: (o) => q.empty([2], o),
  zerosLike: (o) => q.zerosLike(vector(), o),
  onesLike: (o) => q.onesLike(vector(), o),
  fullLike: (o) => q.fullLike(vector(), 1, o),
  arange: (o) => q.arange(0, 2, 1, o),
  linspace: (o) => q.linspace(0, 1, 2, o),
  eye: (o) => q.eye(2, 2, o),
  rand: (o) => q.rand([2], o),
  uniform: (o) => q.uniform([2], 0, 1, o),
  randn: (o) => q.randn([2], o),
  normal: (o) => q.normal([2], 0, 1, o),
  randint: (o) => q.randint(0, 2, [2], o),
  randperm: (o) => q.randperm(2, o),
  rot90: (o) => q.rot90(weights(), o),
  'Tensor.rot90': (o) => weights().rot90(o),
  nonzero: (o) => q.nonzero(vector(), o),
  'Tensor.nonzero': (o) => vector().nonzero(o),
  scatter: (o) => q.scatter(vector(), 0, classes(), vector(), o),
  'Tensor.scatter': (o) => vector().scatter(0, classes(), vector(), o),
  scatter_: (o) => q.scatter_(vector(), 0, classes(), vector(), o),
  'Tensor.scatter_': (o) => vector().scatter_(0, classes(), vector(), o),
  scatterReduce: (o) => q.scatterReduce(vector(), 0, classes(), vector(), 'sum', o),
  'Tensor.scatterReduce': (o) => vector().scatterReduce(0, classes(), vector(), 'sum', o),
  put_: (o) => q.put_(vector(), classes(), vector(), o),
  'Tensor.put_': (o) => vector().put_(classes(), vector(), o),
  indexPut: (o) => q.indexPut(vector(), [0], 1, o),
  'Tensor.indexPut': (o) => vector().indexPut([0], 1, o),
  indexPut_: (o) => q.indexPut_(vector(), [0], 1, o),
  'Tensor.indexPut_': (o) => vector().indexPut_([0], 1, o),
  emptyLike: (o) => q.emptyLike(vector(), o),
  logspace: (o) => q.logspace(0, 1, 2, o),
  diag: (o) => q.diag(vector(), o),
  'Tensor.diag': (o) => vector().diag(o),
  diagEmbed: (o) => q.diagEmbed(vector(), o),
  'Tensor.diagEmbed': (o) => vector().diagEmbed(o),
  tril: (o) => q.tril(weights(), o),
  'Tensor.tril': (o) => weights().tril(o),
  triu: (o) => q.triu(weights(), o),
  'Tensor.triu': (o) => weights().triu(o),
  trilIndices: (o) => q.trilIndices(2, 2, o),
  triuIndices: (o) => q.triuIndices(2, 2, o),
  meshgrid: (o) => q.meshgrid([vector()], o),
  randLike: (o) => q.randLike(vector(), o),
  randnLike: (o) => q.randnLike(vector(), o),
  randintLike: (o) => q.randintLike(vector(), 0, 2, o),
  exponential: (o) => q.exponential([2], 1, o),
  multinomial: (o) => q.multinomial(vector(), 1, o),
  'Tensor.multinomial': (o) => vector().multinomial(1, o),
  uniform_: (o) => q.uniform_(vector(), o),
  'Tensor.uniform_': (o) => vector().uniform_(o),
  normal_: (o) => q.normal_(vector(), o),
  'Tensor.normal_': (o) => vector().normal_(o),
  logNormal_: (o) => q.logNormal_(vector(), o),
  'Tensor.logNormal_': (o) => vector().logNormal_(o),
  exponential_: (o) => q.exponential_(vector(), o),
  'Tensor.exponential_': (o) => vector().exponential_(o),
  cauchy_: (o) => q.cauchy_(vector(), o),
  'Tensor.cauchy_': (o) => vector().cauchy_(o),
  bernoulli_: (o) => q.bernoulli_(vector(), o),
  'Tensor.bernoulli_': (o) => vector().bernoulli_(o),
  random_: (o) => q.random_(vector(), o),
  'Tensor.random_': (o) => vector().random_(o),
  autocast: (o) => q.autocast(() => 1, o),
  sum: (o) => q.sum(vector(), 0, o),
  mean: (o) => q.mean(vector(), 0, o),
  prod: (o) => q.prod(vector(), 0, o),
  amax: (o) => q.amax(vector(), 0, o),
  amin: (o) => q.amin(vector(), 0, o),
  argmax: (o) => q.argmax(vector(), 0, o),
  argmin: (o) => q.argmin(vector(), 0, o),
  max: (o) => q.max(vector(), 0, o),
  min: (o) => q.min(vector(), 0, o),
  any: (o) => q.any(vector(), 0, o),
  all: (o) => q.all(vector(), 0, o),
  variance: (o) => q.variance(vector(), 0, o),
  std: (o) => q.std(vector(), 0, o),
  logsumexp: (o) => q.logsumexp(vector(), 0, o),
  clamp: (o) => q.clamp(vector(), o),
  sort: (o) => q.sort(vector(), 0, o),
  argsort: (o) => q.argsort(vector(), 0, o),
  topk: (o) => q.topk(vector(), 1, 0, o),
  kthvalue: (o) => q.kthvalue(vector(), 1, 0, o),
  median: (o) => q.median(vector(), 0, o),
  nanmedian: (o) => q.nanmedian(vector(), 0, o),
  mode: (o) => q.mode(vector(), 0, o),
  quantile: (o) => q.quantile(vector(), 0.5, 0, o),
  nanquantile: (o) => q.nanquantile(vector(), 0.5, 0, o),
  unique: (o) => q.unique(vector(), o),
  uniqueConsecutive: (o) => q.uniqueConsecutive(vector(), o),
  bincount: (o) => q.bincount(classes(), o),
  histc: (o) => q.histc(vector(), o),
  histogram: (o) => q.histogram(vector(), 2, o),
  searchsorted: (o) => q.searchsorted(vector(), vector(), o),
  bucketize: (o) => q.bucketize(vector(), vector(), o),
  norm: (o) => q.norm(vector(), 0, o),
  dist: (o) => q.dist(vector(), vector(), o),
  cdist: (o) => q.cdist(weights(), weights(), o),
  diagonal: (o) => q.diagonal(weights(), o),
  nansum: (o) => q.nansum(vector(), 0, o),
  nanmean: (o) => q.nanmean(vector(), 0, o),
  aminmax: (o) => q.aminmax(vector(), 0, o),
  varMean: (o) => q.varMean(vector(), 0, o),
  stdMean: (o) => q.stdMean(vector(), 0, o),
  addmm: (o) => q.addmm(weights(), weights(), weights(), o),
  addmv: (o) => q.addmv(vector(), weights(), vector(), o),
  addr: (o) => q.addr(weights(), vector(), vector(), o),
  addbmm: (o) => q.addbmm(weights(), cube(), cube(), o),
  baddbmm: (o) => q.baddbmm(cube(), cube(), cube(), o),
  div: (o) => q.div(vector(), 2, o),
  div_: (o) => q.div_(vector(), 2, o),
  addcmul: (o) => q.addcmul(vector(), vector(), vector(), o),
  addcdiv: (o) => q.addcdiv(vector(), vector(), vector(), o),
  isClose: (o) => q.isClose(vector(), vector(), o),
  allClose: (o) => q.allClose(vector(), vector(), o),
  nanToNum: (o) => q.nanToNum(vector(), o),
  softplus: (o) => q.softplus(vector(), o),
  flatten: (o) => q.flatten(vector(), o),
  slice: (o) => q.slice(vector(), 0, o),
  detectAnomaly: (o) => q.detectAnomaly(() => 1, o),
  setDetectAnomaly: (o) => q.setDetectAnomaly(true, o),
  grad: (o) => q.grad((x: q.Tensor) => x.sum(), o),
  valueAndGrad: (o) => q.valueAndGrad((x: q.Tensor) => x.sum(), o),
  jacobian: (o) => q.jacobian((x: q.Tensor) => x, o),
  hessian: (o) => q.hessian((x: q.Tensor) => x.sum(), o),
  vmap: (o) => q.vmap((x: q.Tensor) => x, o),
  gradcheck: (o) => q.gradcheck((x: q.Tensor) => x, [trained().to('float64')], o),
  gradgradcheck: (o) => q.gradgradcheck((x: q.Tensor) => x, [trained().to('float64')], o),
  gradients: (o) => {
    const x = trained();
    return q.gradients(x.sum(), [x], o);
  },
  'Tensor.sum': (o) => vector().sum(0, o),
  'Tensor.mean': (o) => vector().mean(0, o),
  'Tensor.prod': (o) => vector().prod(0, o),
  'Tensor.amax': (o) => vector().amax(0, o),
  'Tensor.amin': (o) => vector().amin(0, o),
  'Tensor.argmax': (o) => vector().argmax(0, o),
  'Tensor.argmin': (o) => vector().argmin(0, o),
  'Tensor.max': (o) => vector().max(0, o),
  'Tensor.min': (o) => vector().min(0, o),
  'Tensor.any': (o) => vector().any(0, o),
  'Tensor.all': (o) => vector().all(0, o),
  'Tensor.variance': (o) => vector().variance(0, o),
  'Tensor.std': (o) => vector().std(0, o),
  'Tensor.logsumexp': (o) => vector().logsumexp(0, o),
  'Tensor.clamp': (o) => vector().clamp(o),
  'Tensor.sort': (o) => vector().sort(0, o),
  'Tensor.argsort': (o) => vector().argsort(0, o),
  'Tensor.topk': (o) => vector().topk(1, 0, o),
  'Tensor.kthvalue': (o) => vector().kthvalue(1, 0, o),
  'Tensor.median': (o) => vector().median(0, o),
  'Tensor.nanmedian': (o) => vector().nanmedian(0, o),
  'Tensor.mode': (o) => vector().mode(0, o),
  'Tensor.quantile': (o) => vector().quantile(0.5, 0, o),
  'Tensor.nanquantile': (o) => vector().nanquantile(0.5, 0, o),
  'Tensor.unique': (o) => vector().unique(o),
  'Tensor.uniqueConsecutive': (o) => vector().uniqueConsecutive(o),
  'Tensor.bincount': (o) => classes().bincount(o),
  'Tensor.histc': (o) => vector().histc(o),
  'Tensor.histogram': (o) => vector().histogram(2, o),
  'Tensor.searchsorted': (o) => vector().searchsorted(vector(), o),
  'Tensor.bucketize': (o) => vector().bucketize(vector(), o),
  'Tensor.norm': (o) => vector().norm(0, o),
  'Tensor.dist': (o) => vector().dist(vector(), o),
  'Tensor.diagonal': (o) => weights().diagonal(o),
  'Tensor.nansum': (o) => vector().nansum(0, o),
  'Tensor.nanmean': (o) => vector().nanmean(0, o),
  'Tensor.aminmax': (o) => vector().aminmax(0, o),
  'Tensor.addmm': (o) => weights().addmm(weights(), weights(), o),
  'Tensor.addmv': (o) => vector().addmv(weights(), vector(), o),
  'Tensor.addr': (o) => weights().addr(vector(), vector(), o),
  'Tensor.addbmm': (o) => weights().addbmm(cube(), cube(), o),
  'Tensor.baddbmm': (o) => cube().baddbmm(cube(), cube(), o),
  'Tensor.cdist': (o) => weights().cdist(weights(), o),
  'Tensor.stdMean': (o) => vector().stdMean(0, o),
  'Tensor.varMean': (o) => vector().varMean(0, o),
  'Tensor.var': (o) => vector().var(0, o),
  'Tensor.div': (o) => vector().div(2, o),
  'Tensor.div_': (o) => vector().div_(2, o),
  'Tensor.addcmul': (o) => vector().addcmul(vector(), vector(), o),
  'Tensor.addcdiv': (o) => vector().addcdiv(vector(), vector(), o),
  'Tensor.isClose': (o) => vector().isClose(vector(), o),
  'Tensor.allClose': (o) => vector().allClose(vector(), o),
  'Tensor.nanToNum': (o) => vector().nanToNum(o),
  'Tensor.softplus': (o) => vector().softplus(o),
  'nn.functional.celu': (o) => F.celu(vector(), o),
  'nn.functional.elu': (o) => F.elu(vector(), o),
  'nn.functional.hardshrink': (o) => F.hardshrink(vector(), o),
  'nn.functional.hardtanh': (o) => F.hardtanh(vector(), o),
  'nn.functional.leakyRelu': (o) => F.leakyRelu(vector(), o),
  'nn.functional.softplus': (o) => F.softplus(vector(), o),
  'nn.functional.softshrink': (o) => F.softshrink(vector(), o),
  'nn.CELU': (o) => new nn.CELU(o),
  'nn.ELU': (o) => new nn.ELU(o),
  'nn.Hardshrink': (o) => new nn.Hardshrink(o),
  'nn.Hardtanh': (o) => new nn.Hardtanh(o),
  'nn.LeakyReLU': (o) => new nn.LeakyReLU(o),
  'nn.PReLU': (o) => new nn.PReLU(o),
  'nn.Softplus': (o) => new nn.Softplus(o),
  'nn.Softshrink': (o) => new nn.Softshrink(o),
  'Tensor.flatten': (o) => vector().flatten(o),
  'Tensor.slice': (o) => vector().slice(0, o),
  'Tensor.backward': (o) => trained().sum().backward(o),
  'nn.functional.linear': (o) => F.linear(weights(), weights(), o),
  'nn.functional.conv1d': (o) => F.conv1d(signal(), signal(), o),
  'nn.functional.conv2d': (o) => F.conv2d(image(), image(), o),
  'nn.functional.rnn': (o) => F.rnn(q.ones([1, 1, 1]), q.ones([1, 1]), q.ones([1, 1]), o),
  'nn.functional.lstm': (o) => F.lstm(q.ones([1, 1, 1]), q.ones([4, 1]), q.ones([4, 1]), o),
  'nn.functional.gru': (o) => F.gru(q.ones([1, 1, 1]), q.ones([3, 1]), q.ones([3, 1]), o),
  'nn.functional.conv3d': (o) => F.conv3d(volume(), volume(), o),
  'nn.functional.convTranspose1d': (o) => F.convTranspose1d(signal(), signal(), o),
  'nn.functional.convTranspose2d': (o) => F.convTranspose2d(image(), image(), o),
  'nn.functional.convTranspose3d': (o) => F.convTranspose3d(volume(), volume(), o),
  'nn.functional.maxPool1d': (o) => F.maxPool1d(signal(), 2, o),
  'nn.functional.embeddingBag': (o) => F.embeddingBag(q.zeros([2, 2], { dtype: 'int32' }), weights(), o),
  'nn.functional.embedding': (o) => F.embedding(classes(), weights(), o),
  'nn.functional.scaledDotProductAttention': (o) =>
    F.scaledDotProductAttention(weights(), weights(), weights(), o),
  'nn.functional.sinusoidalPositions': (o) => F.sinusoidalPositions(2, 2, o),
  'nn.functional.rotaryEmbedding': (o) => F.rotaryEmbedding(weights(), o),
  'nn.functional.maxPool2d': (o) => F.maxPool2d(image(), 2, o),
  'nn.functional.maxPool3d': (o) => F.maxPool3d(volume(), 2, o),
  'nn.functional.avgPool1d': (o) => F.avgPool1d(signal(), 2, o),
  'nn.functional.avgPool2d': (o) => F.avgPool2d(image(), 2, o),
  'nn.functional.avgPool3d': (o) => F.avgPool3d(volume(), 2, o),
  'nn.functional.adaptiveMaxPool1d': (o) => F.adaptiveMaxPool1d(signal(), 2, o),
  'nn.functional.adaptiveMaxPool2d': (o) => F.adaptiveMaxPool2d(image(), 2, o),
  'nn.functional.adaptiveMaxPool3d': (o) => F.adaptiveMaxPool3d(volume(), 2, o),
  'nn.functional.lpPool1d': (o) => F.lpPool1d(signal(), 2, 2, o),
  'nn.functional.lpPool2d': (o) => F.lpPool2d(image(), 2, 2, o),
  'nn.functional.lpPool3d': (o) => F.lpPool3d(volume(), 2, 2, o),
  'nn.functional.maxUnpool1d': (o) => F.maxUnpool1d(signal(), signal().to('int32'), 2, o),
  'nn.functional.maxUnpool2d': (o) => F.maxUnpool2d(image(), image().to('int32'), 2, o),
  'nn.functional.maxUnpool3d': (o) => F.maxUnpool3d(volume(), volume().to('int32'), 2, o),
  'nn.functional.affineGrid': (o) => F.affineGrid(q.ones([1, 2, 3]), [1, 1, 2, 2], o),
  'nn.functional.gridSample': (o) => F.gridSample(image(), q.ones([1, 2, 2, 2]), o),
  pad: (o) => q.pad(vector(), [1, 1], o),
  'nn.functional.pad': (o) => F.pad(vector(), [1, 1], o),
  'nn.functional.normalize': (o) => F.normalize(weights(), 1, o),
  'nn.functional.cosineSimilarity': (o) => F.cosineSimilarity(weights(), weights(), 1, o),
  'nn.functional.pairwiseDistance': (o) => F.pairwiseDistance(weights(), weights(), o),
  'nn.functional.bilinear': (o) => F.bilinear(weights(), weights(), cube(), o),
  'nn.functional.localResponseNorm': (o) => F.localResponseNorm(cube(), 2, o),
  'nn.Bilinear': (o) => new nn.Bilinear(2, 2, 2, o),
  'nn.LocalResponseNorm': (o) => new nn.LocalResponseNorm(2, o),
  'nn.PairwiseDistance': (o) => new nn.PairwiseDistance(o),
  'nn.CosineSimilarity': (o) => new nn.CosineSimilarity(1, o),
  'nn.UpsamplingNearest2d': (o) => new nn.UpsamplingNearest2d(o),
  'nn.UpsamplingBilinear2d': (o) => new nn.UpsamplingBilinear2d(o),
  'nn.functional.interpolate': (o) => F.interpolate(image(), o),
  'nn.functional.unfold': (o) => F.unfold(image(), 2, o),
  'nn.functional.fold': (o) => F.fold(q.ones([4, 9]), 4, 2, o),
  'nn.functional.groupNorm': (o) => F.groupNorm(weights(), 1, o),
  'nn.functional.instanceNorm': (o) => F.instanceNorm(cube(), o),
  'nn.Upsample': (o) => new nn.Upsample(o),
  'nn.Unfold': (o) => new nn.Unfold(2, o),
  'nn.Fold': (o) => new nn.Fold(4, 2, o),
  'nn.GroupNorm': (o) => new nn.GroupNorm(1, 2, o),
  'nn.InstanceNorm1d': (o) => new nn.InstanceNorm1d(2, o),
  'nn.InstanceNorm2d': (o) => new nn.InstanceNorm2d(2, o),
  'nn.InstanceNorm3d': (o) => new nn.InstanceNorm3d(2, o),
  'nn.functional.dropout': (o) => F.dropout(vector(), o),
  'nn.functional.dropout1d': (o) => F.dropout1d(cube(), o),
  'nn.functional.dropout2d': (o) => F.dropout2d(image(), o),
  'nn.functional.dropout3d': (o) => F.dropout3d(volume(), o),
  'nn.functional.alphaDropout': (o) => F.alphaDropout(vector(), o),
  'nn.functional.featureAlphaDropout': (o) => F.featureAlphaDropout(cube(), o),
  'nn.functional.rrelu': (o) => F.rrelu(vector(), o),
  'nn.functional.gumbelSoftmax': (o) => F.gumbelSoftmax(vector(), 0, o),
  'nn.functional.oneHot': (o) => F.oneHot(classes(), o),
  'nn.functional.gelu': (o) => F.gelu(vector(), o),
  'nn.functional.layerNorm': (o) => F.layerNorm(vector(), 2, o),
  'nn.functional.rmsNorm': (o) => F.rmsNorm(vector(), 2, o),
  'nn.functional.batchNorm': (o) => F.batchNorm(weights(), vector(), vector(), o),
  'nn.functional.mseLoss': (o) => F.mseLoss(vector(), vector(), o),
  'nn.functional.l1Loss': (o) => F.l1Loss(vector(), vector(), o),
  'nn.functional.binaryCrossEntropy': (o) => F.binaryCrossEntropy(vector(), vector(), o),
  'nn.functional.binaryCrossEntropyWithLogits': (o) => F.binaryCrossEntropyWithLogits(vector(), vector(), o),
  'nn.functional.smoothL1Loss': (o) => F.smoothL1Loss(vector(), vector(), o),
  'nn.functional.huberLoss': (o) => F.huberLoss(vector(), vector(), o),
  'nn.functional.klDivLoss': (o) => F.klDivLoss(vector(), vector(), o),
  'nn.functional.poissonNllLoss': (o) => F.poissonNllLoss(vector(), vector(), o),
  'nn.functional.hingeLoss': (o) => F.hingeLoss(vector(), vector(), o),
  'nn.functional.hingeEmbeddingLoss': (o) => F.hingeEmbeddingLoss(vector(), vector(), o),
  'nn.functional.softMarginLoss': (o) => F.softMarginLoss(vector(), vector(), o),
  'nn.functional.multilabelSoftMarginLoss': (o) => F.multilabelSoftMarginLoss(vector(), vector(), o),
  'nn.functional.sigmoidFocalLoss': (o) => F.sigmoidFocalLoss(vector(), vector(), o),
  'nn.functional.ctcLoss': (o) => F.ctcLoss(weights(), classes(), 2, 0, o),
  'nn.functional.diceLoss': (o) => F.diceLoss(weights(), weights(), o),
  'nn.functional.gaussianNllLoss': (o) => F.gaussianNllLoss(vector(), vector(), 1, o),
  'nn.functional.marginRankingLoss': (o) => F.marginRankingLoss(vector(), vector(), vector(), o),
  'nn.functional.cosineEmbeddingLoss': (o) => F.cosineEmbeddingLoss(weights(), weights(), vector(), o),
  'nn.functional.tripletMarginLoss': (o) => F.tripletMarginLoss(weights(), weights(), weights(), o),
  'nn.functional.tripletMarginWithDistanceLoss': (o) =>
    F.tripletMarginWithDistanceLoss(weights(), weights(), weights(), o),
  'nn.functional.multiMarginLoss': (o) => F.multiMarginLoss(weights(), classes(), o),
  'nn.functional.multilabelMarginLoss': (o) => F.multilabelMarginLoss(vector(), classes(), o),
  'nn.functional.focalLoss': (o) => F.focalLoss(weights(), classes(), o),
  'nn.functional.nllLoss': (o) => F.nllLoss(weights(), classes(), o),
  'nn.functional.crossEntropy': (o) => F.crossEntropy(weights(), classes(), o),
  'nn.init.uniform_': (o) => init.uniform_(vector(), o),
  'nn.init.normal_': (o) => init.normal_(vector(), o),
  'nn.init.calculateGain': (o) => init.calculateGain('relu', o),
  'nn.init.kaimingUniform_': (o) => init.kaimingUniform_(weights(), o),
  'nn.init.kaimingNormal_': (o) => init.kaimingNormal_(weights(), o),
  'nn.init.xavierUniform_': (o) => init.xavierUniform_(weights(), o),
  'nn.init.xavierNormal_': (o) => init.xavierNormal_(weights(), o),
  'nn.init.truncNormal_': (o) => init.truncNormal_(vector(), o),
  'nn.init.dirac_': (o) => init.dirac_(cube(), o),
  'nn.init.sparse_': (o) => init.sparse_(weights(), 0.5, o),
  'nn.init.orthogonal_': (o) => init.orthogonal_(weights(), o),
  'nn.utils.parametrizations.weightNorm': (o) => nn.utils.parametrizations.weightNorm(model, o),
  'nn.utils.parametrizations.spectralNorm': (o) => nn.utils.parametrizations.spectralNorm(model, o),
  'nn.utils.parametrize.removeParametrizations': (o) =>
    nn.utils.parametrize.removeParametrizations(model, 'weight', o),
  'nn.Perceptron': (o) => new nn.Perceptron(2, o),
  'nn.Perceptron.step': (o) => new nn.Perceptron(2).step(weights(), classes(), o),
  'nn.Perceptron.fit': (o) => new nn.Perceptron(2).fit(weights(), classes(), o),
  'nn.Parameter': (o) => new nn.Parameter(vector(), o),
  'nn.Linear': (o) => new nn.Linear(2, 3, o),
  'nn.Conv1d': (o) => new nn.Conv1d(1, 8, 3, o),
  'nn.Conv2d': (o) => new nn.Conv2d(1, 8, 3, o),
  'nn.RNN': (o) => new nn.RNN(1, 2, o),
  'nn.LSTM': (o) => new nn.LSTM(1, 2, o),
  'nn.GRU': (o) => new nn.GRU(1, 2, o),
  'nn.RNNCell': (o) => new nn.RNNCell(1, 2, o),
  'nn.LSTMCell': (o) => new nn.LSTMCell(1, 2, o),
  'nn.GRUCell': (o) => new nn.GRUCell(1, 2, o),
  'nn.Conv3d': (o) => new nn.Conv3d(1, 8, 3, o),
  'nn.ConvTranspose1d': (o) => new nn.ConvTranspose1d(1, 8, 3, o),
  'nn.ConvTranspose2d': (o) => new nn.ConvTranspose2d(1, 8, 3, o),
  'nn.ConvTranspose3d': (o) => new nn.ConvTranspose3d(1, 8, 3, o),
  'nn.MaxPool1d': (o) => new nn.MaxPool1d(2, o),
  'nn.Embedding': (o) => new nn.Embedding(2, 3, o),
  'nn.Embedding.fromPretrained': (o) => nn.Embedding.fromPretrained(weights(), o),
  'nn.EmbeddingBag': (o) => new nn.EmbeddingBag(2, 3, o),
  'nn.EmbeddingBag.fromPretrained': (o) => nn.EmbeddingBag.fromPretrained(weights(), o),
  'nn.EmbeddingBag.forward': (o) => new nn.EmbeddingBag(2, 3).forward(q.zeros([2, 2], { dtype: 'int32' }), o),
  'nn.MultiheadAttention': (o) => new nn.MultiheadAttention(2, 1, o),
  'nn.MultiheadAttention.forward': (o) =>
    new nn.MultiheadAttention(2, 1).forward(weights(), weights(), weights(), o),
  'nn.TransformerEncoderLayer': (o) => new nn.TransformerEncoderLayer(2, 1, o),
  'nn.TransformerEncoderLayer.forward': (o) => encoderLayer().forward(weights(), o),
  'nn.TransformerEncoder': (o) => new nn.TransformerEncoder(encoderLayer(), 1, o),
  'nn.TransformerEncoder.forward': (o) => new nn.TransformerEncoder(encoderLayer(), 1).forward(weights(), o),
  'nn.TransformerDecoderLayer': (o) => new nn.TransformerDecoderLayer(2, 1, o),
  'nn.TransformerDecoderLayer.forward': (o) => decoderLayer().forward(weights(), weights(), o),
  'nn.TransformerDecoder': (o) => new nn.TransformerDecoder(decoderLayer(), 1, o),
  'nn.TransformerDecoder.forward': (o) =>
    new nn.TransformerDecoder(decoderLayer(), 1).forward(weights(), weights(), o),
  'nn.Transformer': (o) => new nn.Transformer(2, 1, o),
  'nn.Transformer.forward': (o) => new nn.Transformer(2, 1, SMALL).forward(weights(), weights(), o),
  'nn.Transformer.generateSquareSubsequentMask': (o) => nn.Transformer.generateSquareSubsequentMask(2, o),
  'nn.SinusoidalPositionalEncoding': (o) => new nn.SinusoidalPositionalEncoding(2, o),
  'nn.LearnedPositionalEncoding': (o) => new nn.LearnedPositionalEncoding(2, 2, o),
  'nn.RotaryPositionalEmbedding': (o) => new nn.RotaryPositionalEmbedding(2, o),
  'nn.RotaryPositionalEmbedding.forward': (o) => new nn.RotaryPositionalEmbedding(2).forward(weights(), o),
  'nn.AdaptiveMaxPool1d': (o) => new nn.AdaptiveMaxPool1d(2, o),
  'nn.AdaptiveMaxPool2d': (o) => new nn.AdaptiveMaxPool2d(2, o),
  'nn.AdaptiveMaxPool3d': (o) => new nn.AdaptiveMaxPool3d(2, o),
  'nn.LPPool1d': (o) => new nn.LPPool1d(2, 2, o),
  'nn.LPPool2d': (o) => new nn.LPPool2d(2, 2, o),
  'nn.LPPool3d': (o) => new nn.LPPool3d(2, 2, o),
  'nn.MaxUnpool1d': (o) => new nn.MaxUnpool1d(2, o),
  'nn.MaxUnpool1d.forward': (o) => new nn.MaxUnpool1d(2).forward(signal(), signal().to('int32'), o),
  'nn.MaxUnpool2d': (o) => new nn.MaxUnpool2d(2, o),
  'nn.MaxUnpool2d.forward': (o) => new nn.MaxUnpool2d(2).forward(image(), image().to('int32'), o),
  'nn.MaxUnpool3d': (o) => new nn.MaxUnpool3d(2, o),
  'nn.MaxUnpool3d.forward': (o) => new nn.MaxUnpool3d(2).forward(volume(), volume().to('int32'), o),
  'nn.MaxPool2d': (o) => new nn.MaxPool2d(2, o),
  'nn.MaxPool3d': (o) => new nn.MaxPool3d(2, o),
  'nn.AvgPool1d': (o) => new nn.AvgPool1d(2, o),
  'nn.AvgPool2d': (o) => new nn.AvgPool2d(2, o),
  'nn.AvgPool3d': (o) => new nn.AvgPool3d(2, o),
  'nn.BatchNorm1d': (o) => new nn.BatchNorm1d(2, o),
  'nn.BatchNorm2d': (o) => new nn.BatchNorm2d(2, o),
  'nn.BatchNorm3d': (o) => new nn.BatchNorm3d(2, o),
  'nn.LayerNorm': (o) => new nn.LayerNorm(2, o),
  'nn.RMSNorm': (o) => new nn.RMSNorm(2, o),
  'nn.GELU': (o) => new nn.GELU(o),
  'nn.Dropout': (o) => new nn.Dropout(o),
  'nn.Dropout1d': (o) => new nn.Dropout1d(o),
  'nn.Dropout2d': (o) => new nn.Dropout2d(o),
  'nn.Dropout3d': (o) => new nn.Dropout3d(o),
  'nn.AlphaDropout': (o) => new nn.AlphaDropout(o),
  'nn.FeatureAlphaDropout': (o) => new nn.FeatureAlphaDropout(o),
  'nn.RReLU': (o) => new nn.RReLU(o),
  'nn.Flatten': (o) => new nn.Flatten(o),
  'nn.MSELoss': (o) => new nn.MSELoss(o),
  'nn.L1Loss': (o) => new nn.L1Loss(o),
  'nn.BCELoss': (o) => new nn.BCELoss(o),
  'nn.BCEWithLogitsLoss': (o) => new nn.BCEWithLogitsLoss(o),
  'nn.SmoothL1Loss': (o) => new nn.SmoothL1Loss(o),
  'nn.HuberLoss': (o) => new nn.HuberLoss(o),
  'nn.KLDivLoss': (o) => new nn.KLDivLoss(o),
  'nn.PoissonNLLLoss': (o) => new nn.PoissonNLLLoss(o),
  'nn.GaussianNLLLoss': (o) => new nn.GaussianNLLLoss(o),
  'nn.HingeLoss': (o) => new nn.HingeLoss(o),
  'nn.HingeEmbeddingLoss': (o) => new nn.HingeEmbeddingLoss(o),
  'nn.SoftMarginLoss': (o) => new nn.SoftMarginLoss(o),
  'nn.MarginRankingLoss': (o) => new nn.MarginRankingLoss(o),
  'nn.CosineEmbeddingLoss': (o) => new nn.CosineEmbeddingLoss(o),
  'nn.MultiMarginLoss': (o) => new nn.MultiMarginLoss(o),
  'nn.MultiLabelMarginLoss': (o) => new nn.MultiLabelMarginLoss(o),
  'nn.MultiLabelSoftMarginLoss': (o) => new nn.MultiLabelSoftMarginLoss(o),
  'nn.TripletMarginLoss': (o) => new nn.TripletMarginLoss(o),
  'nn.TripletMarginWithDistanceLoss': (o) => new nn.TripletMarginWithDistanceLoss(o),
  'nn.FocalLoss': (o) => new nn.FocalLoss(o),
  'nn.CTCLoss': (o) => new nn.CTCLoss(o),
  'nn.DiceLoss': (o) => new nn.DiceLoss(o),
  'nn.NLLLoss': (o) => new nn.NLLLoss(o),
  'nn.CrossEntropyLoss': (o) => new nn.CrossEntropyLoss(o),
  'nn.utils.rnn.PackedSequence': (o) => new rnn.PackedSequence(vector(), classes().add(1), o),
  'nn.utils.rnn.packPaddedSequence': (o) => rnn.packPaddedSequence(weights(), [2, 1], o),
  'nn.utils.rnn.packSequence': (o) => rnn.packSequence([vector()], o),
  'nn.utils.rnn.padPackedSequence': (o) => rnn.padPackedSequence(rnn.packSequence([vector()]), o),
  'nn.utils.rnn.padSequence': (o) => rnn.padSequence([vector()], o),
  'nn.utils.rnn.unpadSequence': (o) => rnn.unpadSequence(weights(), [2, 1], o),
  'nn.Module.loadStateDict': (o) => model.loadStateDict(model.stateDict(), o),
  'nn.Module.registerForwardPreHook': (o) => model.registerForwardPreHook(() => undefined, o),
  'nn.Module.registerFullBackwardPreHook': (o) => model.registerFullBackwardPreHook(() => undefined, o),
  'nn.Module.registerFullBackwardHook': (o) => model.registerFullBackwardHook(() => undefined, o),
  'nn.Module.registerForwardHook': (o) => model.registerForwardHook(() => undefined, o),
  'nn.Module.summary': (o) => model.summary([1, 2], o),
  'optim.Adadelta': (o) => new q.optim.Adadelta([trained()], o),
  'optim.Adagrad': (o) => new q.optim.Adagrad([trained()], o),
  'optim.Adamax': (o) => new q.optim.Adamax([trained()], o),
  'optim.ASGD': (o) => new q.optim.ASGD([trained()], o),
  'optim.LAMB': (o) => new q.optim.LAMB([trained()], o),
  'optim.LBFGS': (o) => new q.optim.LBFGS([trained()], o),
  'optim.Lion': (o) => new q.optim.Lion([trained()], o),
  'optim.NAdam': (o) => new q.optim.NAdam([trained()], o),
  'optim.RAdam': (o) => new q.optim.RAdam([trained()], o),
  'optim.RMSprop': (o) => new q.optim.RMSprop([trained()], o),
  'optim.Rprop': (o) => new q.optim.Rprop([trained()], o),
  'optim.SGD': (o) => new q.optim.SGD([trained()], o),
  'optim.Adam': (o) => new q.optim.Adam([trained()], o),
  'optim.AdamW': (o) => new q.optim.AdamW([trained()], o),
  'optim.lrScheduler.ConstantLR': (o) => new schedules.ConstantLR(scheduled(), o),
  'optim.lrScheduler.CosineAnnealingLR': (o) => new schedules.CosineAnnealingLR(scheduled(), 5, o),
  'optim.lrScheduler.CosineAnnealingWarmRestarts': (o) =>
    new schedules.CosineAnnealingWarmRestarts(scheduled(), 5, o),
  'optim.lrScheduler.CyclicLR': (o) => new schedules.CyclicLR(scheduled(), 0.1, 1, o),
  'optim.lrScheduler.ExponentialLR': (o) => new schedules.ExponentialLR(scheduled(), 0.5, o),
  'optim.lrScheduler.LambdaLR': (o) => new schedules.LambdaLR(scheduled(), () => 1, o),
  'optim.lrScheduler.LinearLR': (o) => new schedules.LinearLR(scheduled(), o),
  'optim.lrScheduler.MultiplicativeLR': (o) => new schedules.MultiplicativeLR(scheduled(), () => 1, o),
  'optim.lrScheduler.MultiStepLR': (o) => new schedules.MultiStepLR(scheduled(), [5], o),
  'optim.lrScheduler.OneCycleLR': (o) => new schedules.OneCycleLR(scheduled(), 1, o),
  'optim.lrScheduler.PolynomialLR': (o) => new schedules.PolynomialLR(scheduled(), o),
  'optim.lrScheduler.ReduceLROnPlateau': (o) => new schedules.ReduceLROnPlateau(scheduled(), o),
  'optim.lrScheduler.StepLR': (o) => new schedules.StepLR(scheduled(), 5, o),
  'optim.lrScheduler.WarmupLR': (o) => new schedules.WarmupLR(scheduled(), 5, o),
  'optim.swaUtils.AveragedModel': (o) => new q.optim.swaUtils.AveragedModel(model, o),
  'optim.swaUtils.SWALR': (o) => new q.optim.swaUtils.SWALR(scheduled(), 0.1, o),
  'optim.clipGradNorm_': (o) => q.optim.clipGradNorm_([trained()], 1, o),
  randomSplit: (o) => q.randomSplit(dataset(), [2, 2], o),
  RandomSampler: (o) => new q.RandomSampler(2, o),
  DataLoader: (o) => new q.DataLoader(dataset(), o),
  loadMnist: (o) => q.loadMnist('/nowhere', o),
  saveSafetensors: (o) => q.saveSafetensors('/nowhere/x.safetensors', { x: vector() }, o),
  Accuracy: (o) => new q.Accuracy(o),
  Trainer: (o) => new q.Trainer(o),
  'Trainer.fit': (o) => trainer.fit(batches(), o),
  'Trainer.evaluate': (o) => trainer.evaluate(batches(), o),
  'Trainer.predict': (o) => trainer.predict(batches(), o),
};

const NO_OBJECTS = [0.25, true, 'float64', null, () => undefined, [1], [], q.ones([2]), new Map()];

/** Whose constructors are for subclasses: a subclass names the options. */
const BASES = ['optim.Optimizer'];

/** The names of a function's parameters, or of the constructor's of a class, as the source has them. */
function parametersOf(value: object): string {
  const source = String(value);
  if (!/^class\b/.test(source)) return /\(([^)]*)\)/.exec(source)?.[1] ?? '';
  const own = /\bconstructor\s*\(([^)]*)\)/.exec(source);
  return own?.[1] ?? parametersOf(Object.getPrototypeOf(value));
}

const takesOptions = (value: unknown): boolean =>
  typeof value === 'function' && /\boptions\b/.test(parametersOf(value));

/** The methods and static functions of a class that take options. */
function* methodsOf(path: string, type: { prototype?: object }): Generator<string> {
  for (const holder of [type, type.prototype ?? {}]) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(holder))) {
      if (name !== 'constructor' && name !== 'prototype' && takesOptions(value)) yield `${path}.${name}`;
    }
  }
}

function* findAll(space: object, prefix: string): Generator<string> {
  for (const [name, value] of Object.entries(space)) {
    const path = prefix + name;
    if (typeof value === 'object') yield* findAll(value, `${path}.`);
    if (typeof value !== 'function') continue;
    if (takesOptions(value)) yield path;
    yield* methodsOf(path, value);
  }
}

async function errorOf(call: Call, options: unknown): Promise<Error> {
  try {
    await call(options);
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was refused');
}

describe('the table', () => {
  it('has every public function whose parameters are called options', () => {
    const found = [...findAll({ ...q }, '')].filter((path) => !BASES.includes(path));
    expect(Object.keys(CALLS).sort()).toEqual(found.sort());
  });
});

describe.each(Object.entries(CALLS))('%s', (path, call) => {
  // The function cannot be called by the method's name, which JavaScript keeps for itself.
  const name = path === 'Tensor.var' ? 'variance' : path.slice(path.lastIndexOf('.') + 1);

  it('refuses what is no object of options', async () => {
    for (const options of NO_OBJECTS) {
      const error = await errorOf(call, options);
      expect(error).toBeInstanceOf(q.ArgumentError);
      expect(error.message).toMatch(
        new RegExp(`^\\[(\\w+\\.)?${name}\\] options are given by name, as { \\w+: `),
      );
    }
  });

  it('refuses a name that it does not know, and says which there are', async () => {
    const error = await errorOf(call, { noSuchOption: 1 });
    expect(error).toBeInstanceOf(q.ArgumentError);
    expect(error.message).toMatch(
      new RegExp(`^\\[(\\w+\\.)?${name}\\] there is no option 'noSuchOption'; there (is only|are) \\w+`),
    );
  });
});

describe('options', () => {
  const message = async (call: Call, options: unknown): Promise<string> =>
    (await errorOf(call, options)).message;

  it('are shown as they should have been given', async () => {
    expect(await message(CALLS['nn.Dropout'], 0.25)).toBe(
      '[Dropout] options are given by name, as { p: 0.25 }; got number 0.25',
    );
    expect(await message(CALLS['nn.functional.conv2d'], q.ones([1]))).toBe(
      '[conv2d] options are given by name, as { bias: … }; got Tensor',
    );
    expect(await message(CALLS['Trainer.fit'], undefined)).toMatch(/as { epochs: … }; got undefined$/);
    expect(await message(CALLS['nn.MaxPool2d'], { paddding: 1 })).toBe(
      "[MaxPool2d] there is no option 'paddding'; there are stride, padding, dilation, ceilMode, returnIndices",
    );
  });

  it('may be undefined, one by one or all', () => {
    expect(q.ones([2, 3]).sum(1, { keepdim: undefined }).shape).toEqual([2]);
    expect(q.ones([2, 3]).sum(1, undefined).shape).toEqual([2]);
  });

  it('may come from an instance, a prototype or an object without one', () => {
    class Config {
      keepdim = true;
    }
    const bare = Object.assign(Object.create(null), { keepdim: true });
    for (const options of [new Config(), Object.create({ keepdim: true }), bare])
      expect(q.ones([2, 3]).sum(1, options).shape).toEqual([2, 1]);
  });

  it('are not what others put on all objects', () => {
    Object.defineProperty(Object.prototype, 'stray', { value: 1, enumerable: true, configurable: true });
    let kept: q.Tensor;
    try {
      kept = q.ones([2, 3]).sum(1, { keepdim: true });
    } finally {
      Reflect.deleteProperty(Object.prototype, 'stray');
    }
    expect(kept.shape).toEqual([2, 1]);
  });

  it('hold their names in the order in which they were written', () => {
    expect([...optionNames<{ b?: 1; a?: 1 }>({ b: true, a: true })]).toEqual(['b', 'a']);
  });
});
