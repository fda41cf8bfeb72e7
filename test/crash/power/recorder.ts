// The recorder between a process and the disk (recorder.c): compiled where there is a compiler, and put before the C library
// of the processes that a test starts.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const SOURCE = fileURLToPath(new URL('../../../../test/crash/power/recorder.c', import.meta.url))

export type RecorderAccess =
  | { readonly kind: 'ready'; readonly library: string }
  | { readonly kind: 'none'; readonly reason: string }

/** Compiles the recorder into a folder; tells why where that is not possible. */
export function buildRecorder(folder: string): RecorderAccess {
  if (process.platform !== 'linux') return none('the recorder needs LD_PRELOAD as on Linux')
  if (process.arch !== 'x64' && process.arch !== 'arm64') return none('the recorder needs a 64-bit Linux')
  const library = `${folder}/recorder.so`
  const flags = ['-shared', '-fPIC', '-O1', '-Wall', '-Wextra', '-Werror', '-fvisibility=hidden']
  const compiler = process.env.CC ?? 'cc'
  const { status, error, stderr } = spawnSync(compiler, [...flags, '-o', library, SOURCE, '-lpthread'], {
    encoding: 'utf8',
  })
  if (error !== undefined) return none(`there is no C compiler (${compiler})`)
  if (status !== 0) throw new Error(`the recorder does not compile: ${stderr}`)
  const loads = spawnSync(process.execPath, ['--eval', ''], {
    encoding: 'utf8',
    env: recorderEnvironment({ library, root: folder }),
  })
  if (loads.status !== 0 || loads.stderr !== '') return none(`the recorder cannot be loaded: ${loads.stderr}`)
  return { kind: 'ready', library }
}

function none(reason: string): RecorderAccess {
  return { kind: 'none', reason }
}

/** The calls on which a fault can be laid; `syncwrite` is any write through a descriptor that syncs (O_DSYNC). */
export const CALLS = [
  'write',
  'writev',
  'pwrite',
  'syncwrite',
  'ftruncate',
  'open',
  'mkdir',
  'unlink',
  'fsync',
  'fdatasync',
] as const
export type Call = (typeof CALLS)[number]

export interface Fault {
  readonly call: Call
  /** From 1 on, among the calls on a path that holds the needle. */
  readonly nth: number
  /** An error number, half a write, or a call that never returns. */
  readonly fault: number | 'short' | 'block'
  readonly needle: string
  /** Calls are counted only while this file exists. */
  readonly armFile?: string
}

export interface Recording {
  readonly library: string
  /** The folder whose files are watched. */
  readonly root: string
  readonly traceFile?: string
  /** The event after which the process kills itself. */
  readonly killAfterEvent?: number
  /** The syncing write in which it does: written by then, and not flushed. */
  readonly killInSync?: number
  readonly fault?: Fault
  /** While this file exists, the disk has no room. */
  readonly fullFile?: string
}

/** The environment of a process that is watched. */
export function recorderEnvironment(recording: Recording): NodeJS.ProcessEnv {
  const { library, root, traceFile, killAfterEvent, killInSync, fault, fullFile } = recording
  return {
    ...process.env,
    NODE_TEST_CONTEXT: undefined,
    // Calls made by way of a ring of the kernel pass no library.
    UV_USE_IO_URING: '0',
    LD_PRELOAD: library,
    HYPERFLEET_TEST_RECORDER_ROOT: root,
    HYPERFLEET_TEST_RECORDER_TRACE: traceFile,
    HYPERFLEET_TEST_RECORDER_KILL: killAfterEvent?.toString(),
    HYPERFLEET_TEST_RECORDER_KILL_SYNC: killInSync?.toString(),
    HYPERFLEET_TEST_RECORDER_FAULT: fault && [fault.call, fault.nth, fault.fault, fault.needle].join(':'),
    HYPERFLEET_TEST_RECORDER_ARM: fault?.armFile,
    HYPERFLEET_TEST_RECORDER_FULL: fullFile,
  }
}
