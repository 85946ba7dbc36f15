// The residual net for small pictures.
import { mean, nn, type Tensor } from 'quern';

/** Two convolutions beside the identity, or beside a projection where the shapes differ. */
class Block extends nn.Module {
  conv1: nn.Conv2d;
  norm1: nn.BatchNorm2d;
  conv2: nn.Conv2d;
  norm2: nn.BatchNorm2d;
  projection: nn.Sequential | null;

  constructor(inputs: number, outputs: number) {
    super();
    const narrows = inputs !== outputs;
    const stride = narrows ? 2 : 1;
    this.conv1 = new nn.Conv2d(inputs, outputs, 3, { stride, padding: 1, bias: false });
    this.norm1 = new nn.BatchNorm2d(outputs);
    this.conv2 = new nn.Conv2d(outputs, outputs, 3, { padding: 1, bias: false });
    this.norm2 = new nn.BatchNorm2d(outputs);
    this.projection = narrows
      ? new nn.Sequential(
          new nn.Conv2d(inputs, outputs, 1, { stride, bias: false }),
          new nn.BatchNorm2d(outputs),
        )
      : null;
  }

  forward(x: Tensor): Tensor {
    const inner = this.norm1.forward(this.conv1.forward(x)).relu();
    const beside = this.projection === null ? x : this.projection.forward(x);
    return this.norm2.forward(this.conv2.forward(inner)).add(beside).relu();
  }
}

/** He et al., "Deep residual learning for image recognition" (2016), section 4.2, with projections. */
export class ResNet20 extends nn.Module {
  conv: nn.Conv2d;
  norm = new nn.BatchNorm2d(16);
  blocks = [16, 16, 16, 16, 32, 32, 32, 64, 64].map(
    (inputs, i) => new Block(inputs, 16 << Math.floor(i / 3)),
  );
  head: nn.Linear;

  constructor(channels: number, classes: number) {
    super();
    this.conv = new nn.Conv2d(channels, 16, 3, { padding: 1, bias: false });
    this.head = new nn.Linear(64, classes);
    for (const module of this.modules()) {
      if (module instanceof nn.Conv2d) {
        nn.init.kaimingNormal_(module.weight, { mode: 'fanOut', nonlinearity: 'relu' });
      }
    }
  }

  /** From pictures (N, channels, H, W) to the scores of classes (N, classes). */
  forward(x: Tensor): Tensor {
    let out = this.norm.forward(this.conv.forward(x)).relu();
    for (const block of this.blocks) out = block.forward(out);
    return this.head.forward(mean(out, [2, 3]));
  }
}
