// Formats every source file in place: Biome for TypeScript, JavaScript and JSON, clang-format for C++.
import { CPP_FOLDERS, CPP_SUFFIXES } from './support/cpp.mjs';
import { listFiles } from './support/files.mjs';
import { ROOT, runTool } from './support/run.mjs';

const cppFiles = listFiles(ROOT, { folders: CPP_FOLDERS, suffixes: CPP_SUFFIXES });
const biome = runTool('biome', ['check', '--write']);
const clangFormat = cppFiles.length === 0 ? 0 : runTool('clang-format', ['-i', ...cppFiles]);
process.exitCode = biome || clangFormat;
