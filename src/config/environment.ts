// The settings in the environment: variables that begin with HYPERFLEET_. One that is no setting is a mistake, but for
// those of Kubernetes, of the commands that talk to a server, and of the project's own tests.
import { CACHE_VARIABLE } from '../binary/cache-error.ts'
import { didYouMean } from './hint.ts'
import type { Given, Reading } from './origin.ts'
import type { SettingLeaf } from './schema.ts'
import { isServiceLink, serviceLinkWarning } from './service-links.ts'
import { readText, refusal, shown } from './value.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** The variable that names the file of settings; it is none itself. */
export const FILE_VARIABLE = 'HYPERFLEET_CONFIG'
/** Variables of the program that are no settings. */
const NO_SETTINGS = [FILE_VARIABLE, CACHE_VARIABLE]
const PREFIX = 'HYPERFLEET_'
/** Left alone: what the tests and benchmarks read. */
const OF_TESTS = 'HYPERFLEET_TEST_'
/** Left alone too: what the commands read that talk to a server. */
const OF_CLIENT = 'HYPERFLEET_CLIENT_'

export interface EnvironmentReading extends Reading {
  /** What HYPERFLEET_CONFIG holds. */
  readonly file: string | undefined
  readonly warning: string | undefined
}

/** Reads all variables of the prefix, and tells of every one that is unknown or wrong. */
export function readEnvironment(
  environment: Environment,
  leaves: readonly SettingLeaf[],
): EnvironmentReading {
  const byVariable = new Map(leaves.map(leaf => [leaf.variable, leaf]))
  const given: Given[] = []
  const faults: string[] = []
  const links: string[] = []
  for (const [variable, text] of Object.entries(environment)) {
    if (text === undefined || !variable.startsWith(PREFIX)) continue
    if (NO_SETTINGS.includes(variable) || variable.startsWith(OF_TESTS) || variable.startsWith(OF_CLIENT))
      continue
    const leaf = byVariable.get(variable)
    if (isServiceLink(variable, text)) {
      links.push(variable)
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
  return { given, faults, file: environment[FILE_VARIABLE], warning: serviceLinkWarning(links) }
}

/** The prefix, which all have, does not make names alike. */
function hint(variable: string, variables: readonly string[]): string {
  const known = variables.map(name => name.slice(PREFIX.length))
  return didYouMean(variable.slice(PREFIX.length), known, '_', PREFIX)
}
