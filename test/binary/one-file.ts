// The one-file program of `npm run build:binary`, alone in a folder without Node, packages or sources.
import { chmodSync, constants, copyFileSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { TestContext } from 'node:test'
import { type CommandProcess, runFile } from '../harness/command-process.ts'
import { temporaryFolder } from '../store/samples.ts'

const BUILT = process.env.HYPERFLEET_TEST_BINARY

/** The reason to skip the tests; undefined if the program exists. */
export const whyNoBinary =
  BUILT === undefined ? '`npm run test:binary` builds the one file for this' : undefined

export class OneFile {
  readonly path: string
  /** An empty working folder. */
  readonly folder: string
  readonly cache: string

  constructor(t: TestContext) {
    if (BUILT === undefined) throw new Error(whyNoBinary)
    const root = temporaryFolder(t)
    this.path = join(root, 'hyperfleet')
    this.folder = join(root, 'empty')
    this.cache = join(root, 'cache')
    mkdirSync(this.folder)
    copyFileSync(resolve(BUILT), this.path, constants.COPYFILE_FICLONE)
    chmodSync(this.path, 0o755)
  }

  /** Runs it with only the cache folder in its environment. */
  run(args: readonly string[], environment: Record<string, string> = {}): CommandProcess {
    return runFile(this.path, args, { HYPERFLEET_CACHE_DIR: this.cache, ...environment }, this.folder)
  }

  /** Starts the server on free ports. */
  serve(...flags: readonly string[]): CommandProcess {
    const ports = ['--server-port', '0', '--health-port', '0', '--metrics-port', '0']
    return this.run(['serve', ...ports, ...flags])
  }
}
