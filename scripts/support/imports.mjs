// Finds what a source file imports or includes, by the shape of the lines: our formatters put every
// import, export and #include at the start of one, where no comment or string of ours begins so.

/** @typedef {{ line: number, target: string, typeOnly: boolean }} Import */

// A clause holds names, braces, commas and stars only, so that a match cannot run over into other code.
const STATEMENT = /^(?:import|export)\s+(?:(type)\s+)?(?:[\w$\s{},*]+?\s+from\s+)?(['"])([^'"\n]+)\2/gm;

// import(…) as a call or in a type; require of any kind. Comment lines are left out by their beginning.
const CALL = /^(?!\s*(?:\/\/|\/?\*)).*?\b(?:import|require)\(\s*(['"])([^'"\n]+)\1/gm;

const INCLUDE = /^[ \t]*#[ \t]*include[ \t]*(<[^>\n]+>|"[^"\n]+")/gm;

/**
 * The imports and re-exports of a TypeScript or JavaScript module. `import { type A }` counts as a value
 * import, for with verbatimModuleSyntax it still loads the module.
 * @param {string} source
 * @returns {Import[]}
 */
export function findImports(source) {
  /** @type {Import[]} */
  const found = [];
  for (const match of source.matchAll(STATEMENT)) {
    found.push({ line: lineOf(source, match.index), target: match[3], typeOnly: match[1] === 'type' });
  }
  for (const match of source.matchAll(CALL)) {
    found.push({ line: lineOf(source, match.index), target: match[2], typeOnly: false });
  }
  return found;
}

/**
 * The includes of a C++ file, with their quotes or angle brackets.
 * @param {string} source
 * @returns {Import[]}
 */
export function findIncludes(source) {
  return [...source.matchAll(INCLUDE)].map((match) => ({
    line: lineOf(source, match.index),
    target: match[1],
    typeOnly: false,
  }));
}

/**
 * @param {string} source
 * @param {number} index
 */
function lineOf(source, index) {
  return source.slice(0, index).split('\n').length;
}
