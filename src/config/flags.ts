// The settings on the command line: `--server-port 8000` or `--server-port=8000`; `--auth-enabled` alone stands for
// `--auth-enabled=true`. The last of several counts.
import { parseArgs } from 'node:util'
import { didYouMean } from './hint.ts'
import type { Given, Reading } from './origin.ts'
import { ORIGINAL_GUIDE, originalFlag } from './original.ts'
import type { SettingLeaf } from './schema.ts'
import { readText, refusal, shown, typeOf } from './value.ts'

/** The flag that names the file of settings; it is none itself. */
const FILE_FLAG = 'config'

export interface FlagReading extends Reading {
  /** What `--config` names. */
  readonly file: string | undefined
}

/** Reads all flags, and tells of every one that is unknown, lacks its value or has a wrong one. */
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
  /** Where a value stands that has been read with its flag, or is that of an unknown one. */
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
      // What follows an unknown flag is most likely its value.
      valueAt = inlineValue === true ? undefined : token.index + 1
      faults.push(`${rawName}: there is no such flag${hint(name, names, leaves)}`)
    } else if (leaf !== undefined && value === undefined && switches.has(name)) {
      const hasValue = next?.kind === 'positional' && next.index === token.index + 1
      if (hasValue) valueAt = next.index
      readFlag(leaf, hasValue ? next.value : 'true', given, faults)
    } else if (value === undefined || (!inlineValue && value.startsWith('-'))) {
      faults.push(`${rawName} has no value; one that begins with '-' is written ${rawName}=VALUE`)
    } else if (leaf === undefined) {
      file = value
    } else {
      readFlag(leaf, value, given, faults)
    }
  }
  return { given, faults, file }
}

/** Flags of the original server have their counterpart named; for all others it is the nearest name. */
function hint(name: string, names: readonly string[], leaves: readonly SettingLeaf[]): string {
  const original = originalFlag(name)
  if (original === undefined) return didYouMean(name, names, '-', '--')
  const here = leaves.filter(leaf => original.includes(leaf.name)).map(leaf => `--${leaf.flag}`)
  const meant = here.length === 0 ? 'nothing here takes its place' : `here it is ${here.join(' and ')}`
  return `: it is one of the original HyperFleet API, and ${meant}; see ${ORIGINAL_GUIDE}`
}

function readFlag(leaf: SettingLeaf, text: string, given: Given[], faults: string[]): void {
  const name = `--${leaf.flag}`
  const value = readText(leaf, text)
  given.push({ leaf, value, origin: { kind: 'flag', name } })
  const rule = refusal(leaf, value, 'text')
  if (rule !== undefined) faults.push(`${name} is ${shown(leaf, text)}: ${rule}`)
}
