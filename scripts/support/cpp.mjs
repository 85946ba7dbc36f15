// Where C++ lies in the checkout, for the tools that format and check it.

export const CPP_FOLDERS = ['native', 'test/native', 'bench/native'];

// kernels.def is a table of macro calls, laid out in columns by hand: no formatter knows what it means.
export const CPP_SUFFIXES = ['.cc', '.h', '.inl'];
