// Settings in the environment: variables that begin with HYPERFLEET_. An unknown one is an error, except variables
// of Kubernetes, of the original server, of the client commands and of the project's own tests (contract 1.6).
import { CACHE_VARIABLE } from '../binary/cache-error.ts'
import { didYouMean } from './hint.ts'
import type { Given, Reading } from './origin.ts'
import { isOriginalVariable, type OriginalVariable, originalWarning } from './original.ts'
import type { SettingLeaf } from './schema.ts'
import { isServiceLink, serviceLinkWarning } from './service-links.ts'
import { readText, refusal, shown } from './value.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** Names the settings file; not a setting itself. */
export const FILE_VARIABLE = 'HYPERFLEET_CONFIG'
/** Variables of the program that are not settings. */
const NO_SETTINGS = [FILE_VARIABLE, CACHE_VARIABLE]
const PREFIX = 'HYPERFLEET_'
/** Prefix of variables for tests and benchmarks; ignored here. */
const OF_TESTS = 'HYPERFLEET_TEST_'
/** Prefix of variables for the client commands; ignored here. */
const OF_CLIENT = 'HYPERFLEET_CLIENT_'

export interface EnvironmentReading extends Reading {
  /** Value of HYPERFLEET_CONFIG. */
  readonly file: string | undefined
  readonly warnings: readonly string[]
  /** Variables of the original server. Their demands are checked once the settings are known. */
  readonly original: readonly OriginalVariable[]
}

/** Reads all variables of the prefix and reports every unknown or invalid one. */
export function readEnvironment(
  environment: Environment,
  leaves: readonly SettingLeaf[],
): EnvironmentReading {
  const byVariable = new Map(leaves.map(leaf => [leaf.variable, leaf]))
  const given: Given[] = []
  const faults: string[] = []
  const links: string[] = []
  const original: OriginalVariable[] = []
  for (const [variable, text] of Object.entries(environment)) {
    if (text === undefined || !variable.startsWith(PREFIX)) continue
    if (NO_SETTINGS.includes(variable) || variable.startsWith(OF_TESTS) || variable.startsWith(OF_CLIENT))
      continue
    const leaf = byVariable.get(variable)
    if (isServiceLink(variable, text)) {
      links.push(variable)
    } else if (leaf === undefined && isOriginalVariable(variable)) {
      original.push({ variable, text })
    } else if (leaf === undefined) {
      faults.push(
        `${variable}: there is no such setting${hint(variable, [...byVariable.keys(), ...NO_SETTINGS])}`,
      )
    } else {
      const value = readText(leaf, text)
      given.push({ leaf, value, origin: { kind: 'variable', name: variable } })
      const rule = refusal(leaf, value, 'text')
      if (rule !== undefined) faults.push(`${variable} is ${shown(leaf, text)}: ${rule}`)
    }
  }
  const variableOf = new Map(leaves.map(leaf => [leaf.name, leaf.variable]))
  const warnings = [
    serviceLinkWarning(links),
    originalWarning(
      original.map(({ variable }) => variable),
      variableOf,
    ),
  ].filter(warning => warning !== undefined)
  return { given, faults, file: environment[FILE_VARIABLE], warnings, original }
}

/** Names that users try for the server address of the client commands. */
const CLIENT_SERVER: ReadonlySet<string> = new Set([
  'HYPERFLEET_SERVER',
  'HYPERFLEET_URL',
  'HYPERFLEET_SERVER_URL',
])

/** Hint for an unknown variable. Ignores the common prefix, which would make all names similar. */
function hint(variable: string, variables: readonly string[]): string {
  if (CLIENT_SERVER.has(variable)) return `; did you mean ${OF_CLIENT}SERVER?`
  const known = variables.map(name => name.slice(PREFIX.length))
  const meant = didYouMean(variable.slice(PREFIX.length), known, '_', PREFIX)
  return meant === '' ? "; 'hyperfleet config -o json' lists the variables of all settings" : meant
}
