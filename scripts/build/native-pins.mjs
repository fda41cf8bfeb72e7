// SHA-256 of the native files before and after patching. A file that is not listed, or has another checksum, is never patched.

/** Files of @btc-vision/uwebsockets.js. */
export const UWS_PINS = pins({
  'uws_linux_x64_115.node': [
    '3c4cfd4f4673c591dbca82cdda94f7e0ad9bc298966c39a7bd259838c2b25d4f',
    '26d7483c2d7f0c5f6081f693df32193ac4f945bccb14bc74c8d23bf41a6bdf3b',
  ],
  'uws_linux_x64_127.node': [
    '0e0af5d0e486b67e25dd5c6686f8f05be4504629404d5c1972c808ab5d8e4cc2',
    '8f3d1c3205c3e7142448d24bf157e3561e5a5ee91f3811d0f8b81146955ab9fa',
  ],
  'uws_linux_x64_137.node': [
    '9aa8b857ac4ab0bfb1245e948eeeacc904b13a3608c9a281d551c43c66bea66e',
    '5223eac9b12d823eb6c78c70399d71f395bbea4f3ab02c4f18ce7ee00acc4534',
  ],
  'uws_linux_x64_141.node': [
    '0958d6d6dd863240494539d02a34d41de24a2d7c1552c4a41efb3744ec56298e',
    '31ffc0126664e2b84c3266b4782176767794cdfeda3a07fa0f34024f8683a12b',
  ],
  'uws_linux_arm64_115.node': [
    '5f179165f9ade910999ce8724d71ecdcc4f7e1b944053683d98bfda62665e081',
    '992ac0dd0e1c1bb1a60cb00dc97b41b78f3d092522358331c3c061cede884202',
  ],
  'uws_linux_arm64_127.node': [
    'db310856b4d36b2b6e83888c9faa87ccd65454e6157f457bf9cb4ebabaed7a65',
    '190526c0195134419ea0124b01ce39881e9a95f6bb83e3b103204ddf0fcf3476',
  ],
  'uws_linux_arm64_137.node': [
    'ad0ffb42a119ee022ba1fc752d942e5a19b863ce47bfdc909cd1d5bc1363a7a6',
    '0f5c8c3fcbb45b9041791801f6ce897ea3688892744f495c3b42608eedf3c51e',
  ],
  'uws_linux_arm64_141.node': [
    '0d5d90b098e82bdb461f276c614942b0a33d85c922e403861c0990cc961cd13f',
    '7e5a506a934b08e9adce180068a8c1db3ad9fe63441bb56bacee5373b88c114d',
  ],
})

/** Files of the packages @lmdb/lmdb-linux-ARCH, prefixed with ARCH. */
export const LMDB_PINS = pins({
  'x64/node.abi115.glibc.node': [
    'f0fa4692f2574eb941f8ed98c722c71ef9c9738589e1279dd265124e45d8feed',
    '2837e6dfd7aed5d6346ddf6cbf5734c3660e5ee1c2a8cbe0789489af20e0eb6e',
  ],
  'x64/node.abi127.glibc.node': [
    '34b64bb44a713689b17a043c3562f48486ccfca59eaa036613995e9fcaae03ae',
    'fe9bbb3f772a2ebe4625aafe1389ef23efeec97d06b6c4a6dc216af08282f777',
  ],
  'x64/node.napi.glibc.node': [
    '0029b0965ac93b05c057a4c7cf6a10f59dccbe69b23a32518209e190181a0b1c',
    'ab09c0ce057b90ffcecd517443e5aa28fcc0830137caa73eef61c2c65ac20014',
  ],
  'x64/node.napi.musl.node': [
    '8dda4c141cd1ecbd365745c160e70c969d7e7de850a67b73c382c2ef361b2ba9',
    '5dc6fe0bd3a93b4ed5d4a3e447527b7d26ae833cd48fbb0c1f2eb71547771791',
  ],
  'arm64/node.abi115.glibc.node': [
    'cfbcb5f264a7bf5a3a03c0f1ee858f9378525d097a8e6d34bf8b378e2469a1ea',
    '3e6289f4acda36c2cd7356c378fde01b1aced3b2b138724305877670878a45bd',
  ],
  'arm64/node.abi127.glibc.node': [
    'ab2ad896c6574adad7acc2d46a887af2315b52489fd4b39c551dc118a5c6359a',
    '0a49ee7aa7b6eae8ac2bdc3f9fe425edb27f0ebbe803c872b6d9a0f202da1e44',
  ],
  'arm64/node.napi.glibc.node': [
    'db71e081d0d6c56ecf487f741a724aecdb906c7b10d76369d3a7eeb1ac7fcf05',
    'd86b02e82f8020b2e6b180f6964766fcc01abe88bde5554d780b88f4de08a602',
  ],
  'arm64/node.napi.musl.node': [
    'a09007db34594664be8cc8bb91768befd2909c78f4ae6103f7dd41f4daa2b242',
    '919afa59c4b61941949db229ababd9b03b020eb86a55a1b8a492a2257870c574',
  ],
})

/** @param {Record<string, [before: string, after: string]>} checksums */
function pins(checksums) {
  return new Map(Object.entries(checksums).map(([file, [before, after]]) => [file, { before, after }]))
}
