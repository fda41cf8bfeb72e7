// Rooms whose prose is done; test/docs/prose.test.ts keeps them so. Add a room once it passes.

/** Folders and files whose comments are checked. */
export const CLEAN: readonly string[] = [
  'src/wire',
  'src/config',
  'src/binary',
  'src/ops',
  'src/http',
  'src/api',
  'src/observe',
  'src/fleet',
  'grammar',
  'scripts',
  'bench/load',
  'bench/restart',
  'bench/sizing',
  'bench/machine.ts',
  'bench/main.ts',
  'bench/quotes.ts',
  'test/wire',
  'test/config',
  'test/ops',
  'test/binary',
  'test/bench',
  'test/clients',
  'test/crash',
  'test/docs',
  'test/http',
  'test/api',
  'test/observe',
  'test/fleet',
  'test/contract',
  'test/harness',
]

/** Pages and folders of pages that are checked; never the contract. */
export const PAGES: readonly string[] = []
