// Settings on the command line: `--server-port 8000` or `--server-port=8000`; `--auth-enabled` alone means
// `--auth-enabled=true`. The last of several counts.
import { parseArgs } from 'node:util'
import { didYouMean } from './hint.ts'
import type { Given, Reading } from './origin.ts'
import { ORIGINAL_GUIDE, originalFlag } from './original.ts'
import type { SettingLeaf } from './schema.ts'
import { readText, refusal, shown, typeOf } from './value.ts'

/** Names the settings file; not a setting itself. */
const FILE_FLAG = 'config'

export interface FlagReading extends Reading {
  /** Value of `--config`. */
  readonly file: string | undefined
}

/** Reads all flags and reports every flag that is unknown, has no value, or has an invalid one. */
export function readFlags(flags: readonly string[], leaves: readonly SettingLeaf[]): FlagReading {
  const byFlag = new Map(leaves.map(leaf => [leaf.flag, leaf]))
  const names = [...byFlag.keys(), FILE_FLAG]
  const switches = new Set(leaves.filter(leaf => typeOf(leaf) === 'boolean').map(leaf => leaf.flag))
  const options = Object.fromEntries(
    names.map(name => [name, { type: switches.has(name) ? 'boolean' : 'string' } as const]),
  )
  const { tokens } = parseArgs({ args: [...flags], options, strict: false, tokens: true })
  const given: Given[] = []
  const faults: string[] = []
  let file: string | undefined
  /** Position of a value that was already read with its flag, or that belongs to an unknown flag. */
  let valueAt: number | undefined
  for (const [place, token] of tokens.entries()) {
    if (token.kind === 'option-terminator') continue
    if (token.kind === 'positional') {
      if (token.index !== valueAt)
        faults.push(`${JSON.stringify(token.value)}: settings are given by flags, such as --server-port`)
      continue
    }
    const { name, rawName, value, inlineValue } = token
    const leaf = byFlag.get(name)
    const next = tokens[place + 1]
    if (!rawName.startsWith('--') || !names.includes(name)) {
      // Assumes that the value of an unknown flag follows it.
      valueAt = inlineValue === true ? undefined : token.index + 1
      faults.push(`${rawName}: there is no such flag${hint(name, names, leaves)}`)
    } else if (leaf !== undefined && value === undefined && switches.has(name)) {
      const hasValue = next?.kind === 'positional' && next.index === token.index + 1
      if (hasValue) valueAt = next.index
      readFlag(leaf, hasValue ? next.value : 'true', given, faults)
    } else if (value === undefined || (!inlineValue && value.startsWith('-'))) {
      faults.push(`${rawName} needs a value; write one that begins with '-' as ${rawName}=VALUE`)
    } else if (leaf === undefined) {
      file = value
    } else {
      readFlag(leaf, value, given, faults)
    }
  }
  return { given, faults, file }
}

/** Hint for an unknown flag: the name of its counterpart for a flag of the original server, otherwise the nearest name. */
function hint(name: string, names: readonly string[], leaves: readonly SettingLeaf[]): string {
  const original = originalFlag(name)
  if (original === undefined) return didYouMean(name, names, '-', '--')
  const here = leaves.filter(leaf => original.includes(leaf.name)).map(leaf => `--${leaf.flag}`)
  const meant =
    here.length === 0 ? 'this server has no counterpart' : `its name here is ${here.join(' and ')}`
  return `: it belongs to the original HyperFleet API; ${meant}; see ${ORIGINAL_GUIDE}`
}

function readFlag(leaf: SettingLeaf, text: string, given: Given[], faults: string[]): void {
  const name = `--${leaf.flag}`
  const value = readText(leaf, text)
  given.push({ leaf, value, origin: { kind: 'flag', name } })
  const rule = refusal(leaf, value, 'text')
  if (rule !== undefined) faults.push(`${name} is ${shown(leaf, text)}: ${rule}`)
}
