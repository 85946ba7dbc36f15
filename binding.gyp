# Builds the addon. Sources and flags come from native/build.json, which native/CMakeLists.txt reads too; each
# instruction set is a library of its own because it has flags of its own.
{
  'target_defaults': {
    'defines': ['NAPI_VERSION=8'],
    'cflags_cc!': ['-fno-exceptions', '-fno-rtti', '-std=gnu++17', '-std=gnu++20'],
    'cflags_cc': ['<!@(node scripts/native-build.mjs flags all)'],
    'xcode_settings': {
      'GCC_ENABLE_CPP_EXCEPTIONS': 'YES',
      'GCC_SYMBOLS_PRIVATE_EXTERN': 'YES',
      'CLANG_CXX_LIBRARY': 'libc++',
      'CLANG_CXX_LANGUAGE_STANDARD': 'c++17',
      'MACOSX_DEPLOYMENT_TARGET': '11.0',
    },
    'msvs_settings': {
      'VCCLCompilerTool': {'ExceptionHandling': 1, 'AdditionalOptions': ['<!@(node scripts/native-build.mjs flags all)']},
    },
  },
  'targets': [
    {
      'target_name': 'quern',
      'sources': ['<!@(node scripts/native-build.mjs sources addon)', '<!@(node scripts/native-build.mjs sources library)'],
      'include_dirs': ['<!(node -p "require(\'node-addon-api\').include_dir")'],
      'defines': ['NODE_ADDON_API_CPP_EXCEPTIONS_ALL'],
      'dependencies': ['quern_scalar'],
      'conditions': [
        ['target_arch=="x64"', {'dependencies': ['quern_avx2', 'quern_avx512', 'quern_avx512bf16']}],
        ['target_arch=="arm64"', {'dependencies': ['quern_neon']}],
        ['OS=="linux"', {
          'ldflags': [
            '<!@(node scripts/native-build.mjs flags link)',
            '-Wl,--version-script=<(module_root_dir)/native/exports.map',
          ],
        }],
      ],
    },
    {
      'target_name': 'quern_scalar',
      'type': 'static_library',
      'win_delay_load_hook': 'false',
      'sources': ['native/kernels/isa_scalar.cc'],
      'cflags_cc': ['<!@(node scripts/native-build.mjs flags kernels)', '<!@(node scripts/native-build.mjs isa scalar)'],
    },
  ],
  'conditions': [
    ['target_arch=="x64"', {
      'targets': [
        {
          'target_name': 'quern_avx2',
          'type': 'static_library',
          'win_delay_load_hook': 'false',
          'sources': ['native/kernels/isa_avx2.cc'],
          'cflags_cc': ['<!@(node scripts/native-build.mjs flags kernels)', '<!@(node scripts/native-build.mjs isa avx2)'],
          'xcode_settings': {'OTHER_CPLUSPLUSFLAGS': ['<!@(node scripts/native-build.mjs isa avx2)']},
          'msvs_settings': {'VCCLCompilerTool': {'AdditionalOptions': ['<!@(node scripts/native-build.mjs isa avx2)']}},
        },
        {
          'target_name': 'quern_avx512',
          'type': 'static_library',
          'win_delay_load_hook': 'false',
          'sources': ['native/kernels/isa_avx512.cc'],
          'cflags_cc': ['<!@(node scripts/native-build.mjs flags kernels)', '<!@(node scripts/native-build.mjs isa avx512)'],
          'xcode_settings': {'OTHER_CPLUSPLUSFLAGS': ['<!@(node scripts/native-build.mjs isa avx512)']},
          'msvs_settings': {'VCCLCompilerTool': {'AdditionalOptions': ['<!@(node scripts/native-build.mjs isa avx512)']}},
        },
        {
          'target_name': 'quern_avx512bf16',
          'type': 'static_library',
          'win_delay_load_hook': 'false',
          'sources': ['native/kernels/isa_avx512bf16.cc'],
          'cflags_cc': ['<!@(node scripts/native-build.mjs flags kernels)', '<!@(node scripts/native-build.mjs isa avx512bf16)'],
          'xcode_settings': {'OTHER_CPLUSPLUSFLAGS': ['<!@(node scripts/native-build.mjs isa avx512bf16)']},
          'msvs_settings': {'VCCLCompilerTool': {'AdditionalOptions': ['<!@(node scripts/native-build.mjs isa avx512bf16)']}},
        },
      ],
    }],
    ['target_arch=="arm64"', {
      'targets': [
        {
          'target_name': 'quern_neon',
          'type': 'static_library',
          'win_delay_load_hook': 'false',
          'sources': ['native/kernels/isa_neon.cc'],
          'cflags_cc': ['<!@(node scripts/native-build.mjs flags kernels)', '<!@(node scripts/native-build.mjs isa neon)'],
        },
      ],
    }],
  ],
}
