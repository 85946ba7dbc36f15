// Who called: the operation, the modules and the user's line, read from a stack of calls.

/** A stack of calls, which costs little until it is read. */
export interface Place {
  readonly stack?: string;
}

interface Frame {
  readonly name: string;
  readonly file: string;
  readonly at: string;
}

// How many calls may lie between a kernel and the outermost module.
const DEPTH = 100;

/** The folder of the library, as stacks name it. */
const HOME = filePath(new URL('../', import.meta.url).href);
const FRAME = /^\s*at (?:async )?(?:(.*?) \()?(.*?)(:\d+:\d+)\)?$/;

function filePath(name: string): string {
  return name.startsWith('file://') ? decodeURIComponent(new URL(name).pathname) : name;
}

/** The calls that led here. */
export function placeHere(): Place {
  const place: Place = {};
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = DEPTH;
  Error.captureStackTrace(place, placeHere);
  Error.stackTraceLimit = before;
  return place;
}

/** The calls, the innermost first. */
function framesOf({ stack = '' }: Place): Frame[] {
  return stack.split('\n').flatMap((line) => {
    const found = FRAME.exec(line);
    return found === null ? [] : [{ name: found[1] ?? '', file: filePath(found[2]), at: found[3] }];
  });
}

const inside = (file: string, place: string): boolean => file.startsWith(HOME + place);

/** The name of a function: `Tensor.log` and `Object.log [as f]` are log; '' for one without. */
function nameIn(name: string): string {
  return /(\w+)(?: \[as \w+\])?$/.exec(name)?.[1] ?? '';
}

/** The operation that the library was asked for; null where the stack does not tell, as in bundles. */
export function operationIn(place: Place): string | null {
  let op: string | null = null;
  for (const { name, file } of framesOf(place)) {
    if (inside(file, 'core/') || inside(file, 'backend/')) continue;
    // Steps of optimizers have the names of their kernels.
    if (inside(file, 'ops/optimizer.')) return null;
    if (!inside(file, 'ops/') && !inside(file, 'nn/functional/')) break;
    op = nameIn(name) || op;
  }
  return op;
}

/** The classes of the modules whose forwards are under way, the outermost first; null where there are none. */
export function modulesIn(place: Place): string | null {
  const names: string[] = [];
  for (const { name } of framesOf(place)) {
    const type = /^(\w+)\.forward$/.exec(name)?.[1];
    if (type !== undefined && type !== names[0]) names.unshift(type);
  }
  return names.length === 0 ? null : names.join(' > ');
}

/** Where the library was called from: file:line:column; null where the stack does not tell. */
export function calledFrom(place: Place): string | null {
  const frame = framesOf(place).find(({ file }) => !file.startsWith(HOME) && !file.startsWith('node:'));
  return frame === undefined ? null : `${frame.file}${frame.at}`;
}
