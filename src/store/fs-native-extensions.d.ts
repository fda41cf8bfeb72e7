// The part of fs-native-extensions that the lock uses; the package brings no types.
declare module 'fs-native-extensions' {
  /** Takes an exclusive lock on the whole file, or returns false when another open file holds one. */
  export function tryLock(file: number): boolean
}
