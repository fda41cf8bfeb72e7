// The kernels in WebAssembly, written in AssemblyScript. `../kernels.ts` documents each; `../plain.ts` has the same in
// TypeScript.
export * from './scans'
export * from './sets'
export * from './slots'
export * from './values'
