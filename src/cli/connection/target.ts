// The server and the token that a command uses. Flags override the environment, which overrides the client's settings file.
import { UsageError } from '../command.ts'
import type { Arguments } from '../flags/flag-reader.ts'
import { readDuration } from '../flags/flag-reader.ts'
import { type ClientKey, FILE_VARIABLE, readClientFile, readNamed, VARIABLES } from './client-file.ts'
import type { ConnectionFlag } from './flags.ts'
import type { Machine } from './machine.ts'
import { assertNoOtherNames } from './other-names.ts'
import { DEFAULT_SERVER, readServer } from './server-address.ts'

export interface Target {
  readonly url: URL
  /** Never printed. */
  readonly token: string | undefined
  /** Reads the token again from its source; undefined if it cannot be read. Absent if the token cannot change. */
  readonly readTokenAgain?: () => string | undefined
  /** Time limit for a response; absent for the default. */
  readonly answerDeadlineMs?: number
  /** Certificates of the authorities to trust instead of the system's, in PEM. */
  readonly ca: Buffer | undefined
}

/** A source of values. Sources are ordered by precedence. */
interface Source {
  readonly value: (key: ClientKey) => string | undefined
  /** The name of a key in this source. */
  readonly called: (key: ClientKey) => string
}

/** @throws UsageError that names the invalid value, its source, and what is allowed */
export function readTarget(given: Pick<Arguments<ConnectionFlag>, 'text'>, machine: Machine): Target {
  const read = (from: Machine) => sourcesOf(given, from)
  const sources = read(machine)
  const target = targetOf(sources, read, given.text('request-timeout'), machine)
  assertNoOtherNames(machine, {
    server: first(sources, 'server')?.value,
    token: target.token,
    'token-file': target.token,
    'ca-file': first(sources, 'ca-file')?.value,
  })
  return target
}

/** Flags of a command that reads from another server. */
export type SourceFlag = 'from' | Exclude<ConnectionFlag, 'server' | 'client-config'>

/**
 * Reads a server to copy from, of flags alone: a token in the environment or the client's settings file is for another server.
 * @throws UsageError like `readTarget`
 */
export function readSourceTarget(given: Pick<Arguments<SourceFlag>, 'text'>, machine: Machine): Target {
  const flagOf = (key: ClientKey) => (key === 'server' ? 'from' : key)
  const sources = [
    {
      value: (key: ClientKey) => given.text(flagOf(key)),
      called: (key: ClientKey) => `--${flagOf(key)}`,
    },
  ]
  return targetOf(sources, () => sources, given.text('request-timeout'), machine)
}

function targetOf(
  sources: readonly Source[],
  read: (machine: Machine) => readonly Source[],
  deadline: string | undefined,
  machine: Machine,
): Target {
  const server = first(sources, 'server')
  const caFile = first(sources, 'ca-file')
  return {
    url:
      server === undefined ? readServer(DEFAULT_SERVER, 'server') : readServer(server.value, server.called),
    token: readToken(sources, machine),
    readTokenAgain: () => readAgain(read, machine),
    ...(deadline === undefined ? {} : { answerDeadlineMs: readDeadline(deadline) }),
    ca: caFile === undefined ? undefined : readAuthority(caFile, machine),
  }
}

function sourcesOf(given: Pick<Arguments<ConnectionFlag>, 'text'>, machine: Machine): Source[] {
  const variable = (name: string) => machine.environment[name] || undefined
  const file = readClientFile(given.text('client-config') ?? variable(FILE_VARIABLE), machine)
  return [
    { value: key => given.text(key), called: key => `--${key}` },
    { value: key => variable(VARIABLES[key]), called: key => VARIABLES[key] },
    { value: key => file?.values.get(key), called: key => `${key} in ${file?.path}` },
  ]
}

interface Found {
  readonly value: string
  readonly called: string
}

function first(sources: readonly Source[], key: ClientKey): Found | undefined {
  for (const { value, called } of sources) {
    const found = value(key)
    if (found !== undefined) return { value: found, called: called(key) }
  }
  return undefined
}

/** The first source with either decides. Both in one source are ambiguous. */
function readToken(sources: readonly Source[], machine: Machine): string | undefined {
  const source = sources.find(
    ({ value }) => value('token') !== undefined || value('token-file') !== undefined,
  )
  if (source === undefined) return undefined
  const [token, path] = [source.value('token'), source.value('token-file')]
  if (token !== undefined && path !== undefined)
    throw new UsageError(
      `${source.called('token')} and ${source.called('token-file')}: give only one of them`,
    )
  if (token !== undefined) return asToken(token, source.called('token'))
  return readTokenFile(path ?? '', source.called('token-file'), machine)
}

function readTokenFile(path: string, called: string, machine: Machine): string {
  const file = readNamed(path, machine)
  if (file === undefined) throw new UsageError(`${called} is '${path}': there is no such file`)
  if (file.isOpenToOthers)
    machine.warn(`${path} holds a token and other users can read it: chmod 600 ${path}`)
  return asToken(file.bytes.toString('utf8').trim(), `${called}, '${path}',`)
}

/** Flags and environment are fixed. Files may have changed, or may be in the middle of a change. */
function readAgain(read: (machine: Machine) => readonly Source[], machine: Machine): string | undefined {
  const quiet = { ...machine, warn: () => {} }
  try {
    return readToken(read(quiet), quiet)
  } catch (error) {
    if (error instanceof UsageError) return undefined
    throw error
  }
}

function readDeadline(text: string): number {
  const ms = readDuration('request-timeout', text)
  if (ms > 0) return ms
  throw new UsageError(`--request-timeout is '${text}': must be greater than zero`)
}

/** The message never shows the token. */
function asToken(text: string, called: string): string {
  if (/^[\x21-\x7e]+$/.test(text)) return text
  throw new UsageError(`${called} contains no token: must be one word of printable ASCII`)
}

function readAuthority({ value, called }: Found, machine: Machine): Buffer {
  const file = readNamed(value, machine)
  if (file === undefined) throw new UsageError(`${called} is '${value}': there is no such file`)
  if (file.bytes.includes('-----BEGIN CERTIFICATE-----')) return file.bytes
  throw new UsageError(`${called} is '${value}': it contains no PEM certificate`)
}
