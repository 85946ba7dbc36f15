// Pictures and tables for the terminal.

/** Rows of text that show a grey picture, two pixels above one another in each character. */
export function drawPicture(pixels: readonly (readonly number[])[], threshold: number): string[] {
  const lines: string[] = [];
  for (let row = 0; row < pixels.length; row += 2) {
    const line = pixels[row].map((upper, column) => {
      const top = upper > threshold;
      const bottom = (pixels[row + 1]?.[column] ?? threshold) > threshold;
      if (top) return bottom ? '█' : '▀';
      return bottom ? '▄' : ' ';
    });
    lines.push(line.join(''));
  }
  return lines;
}

/** Blocks of lines side by side, each under its title. */
export function sideBySide(blocks: readonly { title: string; lines: readonly string[] }[]): string {
  const widths = blocks.map(({ title, lines }) =>
    Math.max(title.length, ...lines.map((line) => line.length)),
  );
  const height = Math.max(...blocks.map(({ lines }) => lines.length));
  const rows = Array.from({ length: height + 1 }, (_, row) =>
    blocks
      .map(({ title, lines }, i) => (row === 0 ? title : (lines[row - 1] ?? '')).padEnd(widths[i]))
      .join('  ')
      .trimEnd(),
  );
  return rows.join('\n');
}

/** A matrix of counts: a row for each true class, a column for each answer. */
export function drawConfusion(matrix: readonly (readonly number[])[]): string {
  const width = Math.max(...matrix.flat().map((count) => String(count).length), 2) + 1;
  const cell = (value: number | string) => String(value).padStart(width);
  const head = `true \\ answer ${matrix.map((_, answer) => cell(answer)).join('')}`;
  const rows = matrix.map((row, truth) => `${String(truth).padStart(13)} ${row.map(cell).join('')}`);
  return [head, ...rows].join('\n');
}
