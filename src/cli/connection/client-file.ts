// The client's settings file: the server and the token. An invalid or unknown key is refused with its position.
import { dirname, resolve } from 'node:path'
import { isMap, isScalar, type ParsedNode } from 'yaml'
import { didYouMean } from '../../config/hint.ts'
import { parseYaml } from '../../config/yaml-text.ts'
import { UsageError } from '../command.ts'
import type { Machine, ReadFile } from './machine.ts'

export const CLIENT_KEYS = ['server', 'token', 'token-file', 'ca-file'] as const
export type ClientKey = (typeof CLIENT_KEYS)[number]

/** The environment variable of each key. */
export const VARIABLES = {
  server: 'HYPERFLEET_CLIENT_SERVER',
  token: 'HYPERFLEET_CLIENT_TOKEN',
  'token-file': 'HYPERFLEET_CLIENT_TOKEN_FILE',
  'ca-file': 'HYPERFLEET_CLIENT_CA_FILE',
} as const satisfies Record<ClientKey, string>
/** Names the settings file. */
export const FILE_VARIABLE = 'HYPERFLEET_CLIENT_CONFIG'

/** A settings file that has been read. Relative paths in it are relative to its folder. */
export interface ClientFile {
  readonly path: string
  readonly values: ReadonlyMap<ClientKey, string>
}

/**
 * Reads the named file, which must exist, or the one in the home folder, which is optional.
 * @throws UsageError that lists every fault with its position
 */
export function readClientFile(named: string | undefined, machine: Machine): ClientFile | undefined {
  const path = named ?? resolve(machine.home, '.config/hyperfleet/client.yaml')
  const file = readNamed(path, machine)
  if (file === undefined) {
    if (named === undefined) return undefined
    throw new UsageError(`the client's settings file ${path} does not exist`)
  }
  const values = readValues(path, file)
  if (file.isOpenToOthers && values.has('token'))
    machine.warn(`${path} holds a token and other users can read it: chmod 600 ${path}`)
  return { path, values }
}

/** @throws UsageError with the system's message */
export function readNamed(path: string, machine: Machine): ReadFile | undefined {
  try {
    return machine.readFile(path)
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${error instanceof Error ? error.message : error}`)
  }
}

function readValues(path: string, { bytes }: ReadFile): Map<ClientKey, string> {
  const yaml = parseYaml(bytes)
  const faults: string[] = []
  const values = new Map<ClientKey, string>()
  if (yaml.kind === 'refused') {
    faults.push(...yaml.faults.map(({ at, message }) => placed(path, at, message)))
  } else if (yaml.contents !== undefined) {
    const { contents, placeOf } = yaml
    if (!isMap(contents)) faults.push(placed(path, placeOf(contents), 'must be keys with values'))
    else
      for (const { key, value } of contents.items)
        readPair(key, value, values, message => faults.push(placed(path, placeOf(key), message)))
  }
  if (faults.length > 0) throw new UsageError(faults.join('\n'))
  for (const name of ['token-file', 'ca-file'] as const) {
    const given = values.get(name)
    if (given !== undefined) values.set(name, resolve(dirname(path), given))
  }
  return values
}

function readPair(
  key: ParsedNode,
  value: ParsedNode | null,
  values: Map<ClientKey, string>,
  refuse: (message: string) => void,
): void {
  const name = isScalar(key) ? String(key.value) : ''
  const known = CLIENT_KEYS.find(candidate => candidate === name)
  if (known === undefined)
    refuse(
      `unknown key '${name}': must be one of ${CLIENT_KEYS.join(', ')}${didYouMean(name, CLIENT_KEYS, '-')}`,
    )
  else if (!isScalar(value) || typeof value.value !== 'string' || value.value === '')
    refuse(`${known} must be text`)
  else values.set(known, value.value)
}

function placed(path: string, at: { line: number; column: number } | undefined, message: string): string {
  return at === undefined ? `${path}: ${message}` : `${path}:${at.line}:${at.column}: ${message}`
}
