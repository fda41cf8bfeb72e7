// A machine without environment and files, for command lines that stand alone.
import type { Machine } from '../../src/cli/connection/machine.ts'

export const BARE_MACHINE: Machine = {
  environment: {},
  home: '/nowhere',
  readFile: () => undefined,
  warn: () => {},
}
