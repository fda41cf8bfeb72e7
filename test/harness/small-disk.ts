// A disk that is soon full: a tmpfs of a few megabytes, mounted where the process may, or in a namespace of its own.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmdirSync } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Ways to provide a small disk. */
export type DiskAccess =
  | { readonly kind: 'mount' }
  /** Only a child in a user and mount namespace of its own may mount. */
  | { readonly kind: 'namespace' }
  | { readonly kind: 'none'; readonly reason: string }

const IN_NAMESPACE = 'HYPERFLEET_TEST_IN_NAMESPACE'
const BLOCK_BYTES = 4096
const UNMOUNT_ATTEMPTS = 20
const UNMOUNT_PAUSE_MS = 100

export interface SmallDisk {
  readonly folder: string
  /** Takes all the room that is left. */
  fill(): Promise<void>
  /** Gives the room back. */
  free(): Promise<void>
  /** Takes the disk away, also from a process that still has files open there. Never throws: the fault of a test is its own. */
  unmount(): void
}

export function diskAccess(): DiskAccess {
  if (process.platform !== 'linux') return { kind: 'none', reason: 'a small disk is a tmpfs of Linux' }
  const folder = mkdtempSync(join(tmpdir(), 'hyperfleet-mount-'))
  try {
    if (mount(folder, BLOCK_BYTES * 16)) {
      spawnSync('umount', [folder])
      return { kind: 'mount' }
    }
    const inNamespace = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'tmpfs', folder])
    if (inNamespace.status === 0 && process.env[IN_NAMESPACE] === undefined) return { kind: 'namespace' }
    return { kind: 'none', reason: 'neither mount nor unshare may be used here' }
  } finally {
    rmdirSync(folder)
  }
}

/** Runs a test file again where it may mount; gives what it printed when it failed. */
export function runInNamespace(file: string): string | undefined {
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env
  const { status, stdout, stderr } = spawnSync(
    'unshare',
    ['-rm', process.execPath, '--test', '--enable-source-maps', file],
    { env: { ...environment, [IN_NAMESPACE]: '1' }, encoding: 'utf8' },
  )
  return status === 0 ? undefined : `${stdout}${stderr}`
}

/** @param options of mount, such as `noexec` */
export function mountSmallDisk(sizeBytes: number, ...options: string[]): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), 'hyperfleet-disk-'))
  if (!mount(folder, sizeBytes, options)) throw new Error('the small disk cannot be mounted')
  const filler = join(folder, 'filler')
  return {
    folder,
    fill: () => fillWith(filler),
    free: () => rm(filler, { force: true }),
    unmount: () => unmount(folder),
  }
}

/** Retries: a process that was just killed holds its files until the kernel has closed them. */
function unmount(folder: string): void {
  for (let attempt = 1; spawnSync('umount', [folder]).status !== 0; attempt++) {
    if (attempt === UNMOUNT_ATTEMPTS) {
      spawnSync('umount', ['--lazy', folder])
      break
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, UNMOUNT_PAUSE_MS)
  }
  try {
    rmdirSync(folder)
  } catch (error) {
    console.error(`the small disk ${folder} stays behind: ${error}`)
  }
}

function mount(folder: string, sizeBytes: number, options: readonly string[] = []): boolean {
  const all = [`size=${sizeBytes}`, ...options].join()
  return spawnSync('mount', ['-t', 'tmpfs', '-o', all, 'tmpfs', folder]).status === 0
}

/** Appends block by block until there is no space left. */
async function fillWith(path: string): Promise<void> {
  const file = await open(path, 'a')
  const block = Buffer.alloc(BLOCK_BYTES, 1)
  try {
    for (;;) await file.write(block)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
  } finally {
    await file.close()
  }
}
