// Reads numbers from the command line.

/** A number from the command line, or the reason why it is none. */
export function numberOption(name: string, text: string, least: number, whole = false): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < least || (whole && !Number.isInteger(value)))
    throw new Error(`--${name} is a ${whole ? 'whole ' : ''}number from ${least}; got '${text}'`);
  return value;
}
