// A machine without environment and files, for tests of command lines alone.
import type { Machine } from '../../src/cli/connection/machine.ts'

export const BARE_MACHINE: Machine = {
  environment: {},
  home: '/nowhere',
  readFile: () => undefined,
  warn: () => {},
}
