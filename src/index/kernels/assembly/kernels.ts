// The kernels in WebAssembly, written in AssemblyScript; `../kernels.ts` says what each does, `../plain.ts` does
// the same in TypeScript.
export * from './scans'
export * from './sets'
export * from './slots'
