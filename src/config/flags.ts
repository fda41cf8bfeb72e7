// The settings on the command line: `--server-port 8000` or `--server-port=8000`; the last of several counts.
import { parseArgs } from 'node:util'
import { didYouMean } from './hint.ts'
import type { Given, Reading } from './origin.ts'
import type { SettingLeaf } from './schema.ts'
import { readText, refusal, shown } from './value.ts'

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
  const options = Object.fromEntries(names.map(name => [name, { type: 'string' } as const]))
  const { tokens } = parseArgs({ args: [...flags], options, strict: false, tokens: true })
  const given: Given[] = []
  const faults: string[] = []
  let file: string | undefined
  let valueOfUnknownAt: number | undefined
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue
    if (token.kind === 'positional') {
      // What follows an unknown flag is most likely its value.
      if (token.index !== valueOfUnknownAt)
        faults.push(`${JSON.stringify(token.value)}: settings are given by flags, such as --server-port`)
      continue
    }
    const { name, rawName, value, inlineValue } = token
    const leaf = byFlag.get(name)
    if (!rawName.startsWith('--') || !names.includes(name)) {
      valueOfUnknownAt = inlineValue === true ? undefined : token.index + 1
      faults.push(`${rawName}: there is no such flag${didYouMean(name, names, '-', '--')}`)
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

function readFlag(leaf: SettingLeaf, text: string, given: Given[], faults: string[]): void {
  const name = `--${leaf.flag}`
  const value = readText(leaf, text)
  given.push({ leaf, value, origin: { kind: 'flag', name } })
  const rule = refusal(leaf, value, 'text')
  if (rule !== undefined) faults.push(`${name} is ${shown(leaf, text)}: ${rule}`)
}
