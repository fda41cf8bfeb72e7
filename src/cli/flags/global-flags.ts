// Flags before the command's name. They select the server and the settings file.
import { didYouMean } from '../../config/hint.ts'
import { UsageError } from '../command.ts'
import { CONNECTION_FLAGS } from '../connection/flags.ts'
import { type Flag, isCalled } from './flag.ts'

/** The settings file of the server. */
export const CONFIG_FLAG = {
  name: 'config',
  value: 'FILE',
  meaning: "settings file of 'hyperfleet serve', in YAML",
  completes: 'file',
} as const satisfies Flag

/** Each takes a value. A command without the flag refuses it. */
export const GLOBAL_FLAGS: readonly Flag[] = [...CONNECTION_FLAGS, CONFIG_FLAG]

/** Flags that stand in for a command. */
const STANDALONE = ['--help', '-h', '--version', '-v']

export interface CommandLine {
  /** Flags before the command's name. The command reads them before its own. */
  readonly globals: readonly string[]
  /** The name of the command, or a flag that replaces it. */
  readonly name: string | undefined
  readonly rest: readonly string[]
}

/** @throws UsageError for any other flag, or a missing value */
export function readGlobals(args: readonly string[]): CommandLine {
  const globals: string[] = []
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? ''
    if (!arg.startsWith('-') || STANDALONE.includes(arg))
      return { globals, name: arg, rest: args.slice(at + 1) }
    const [form = '', value] = arg.split(/=(.*)/s)
    const flag = GLOBAL_FLAGS.find(({ name }) => form === `--${name}`)
    if (flag === undefined) throw new UsageError(unknownFlag(form))
    const next = args[at + 1]
    if (value === undefined && (next === undefined || /^-./.test(next)))
      throw new UsageError(`${form} has no value (${flag.value})`)
    globals.push(`${form}=${value ?? next}`)
    if (value === undefined) at++
  }
  return { globals, name: undefined, rest: [] }
}

function unknownFlag(form: string): string {
  const names = GLOBAL_FLAGS.map(({ name }) => name)
  const bare = form.replace(/^-+/, '')
  const meant = GLOBAL_FLAGS.find(flag => isCalled(flag, bare))?.name
  const hint = meant === undefined ? didYouMean(bare, names, '-', '--') : `; did you mean --${meant}?`
  const all = names.map(name => `--${name}`).join(', ')
  return `${form} must not precede the command, only ${all}${hint === '' ? '; other flags follow the command' : hint}`
}
