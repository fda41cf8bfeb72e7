// The part of fs-native-extensions that the lock uses; the package brings no types.
declare module 'fs-native-extensions' {
  /** Locks the whole file, exclusively unless it is to be shared, or returns false when another open file is in the way. */
  export function tryLock(file: number, options?: { readonly shared: boolean }): boolean
}
