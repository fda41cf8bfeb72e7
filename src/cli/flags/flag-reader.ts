// Parses a command line by the command's flags. An error message says what is allowed.
import { parseArgs } from 'node:util'
import { didYouMean } from '../../config/hint.ts'
import { UsageError } from '../command.ts'
import { type Flag, isCalled } from './flag.ts'

/** A parsed command line. `N` is the union of the flags' names. */
export interface Arguments<N extends string> {
  readonly operands: readonly string[]
  /** The value of a flag; the last one if it is repeated. */
  text(name: N): string | undefined
  /** All values of a flag that may be repeated. */
  all(name: N): readonly string[]
  has(name: N): boolean
}

/** @throws UsageError that says what is wrong and what is allowed */
export function readArguments<const F extends readonly Flag[]>(
  command: string,
  flags: F,
  args: readonly string[],
): Arguments<F[number]['name']> {
  const { tokens } = parseArgs({ args: [...args], options: optionsOf(flags), strict: false, tokens: true })
  const byName = new Map(flags.map(flag => [flag.name, flag]))
  const operands: string[] = []
  const given = new Map<string, string[]>()
  for (const token of tokens) {
    if (token.kind === 'positional') operands.push(token.value)
    if (token.kind !== 'option') continue
    const flag = byName.get(token.name)
    if (flag === undefined || isShortOfLong(token.rawName, flag))
      throw new UsageError(unknownFlag(command, token.rawName, flags))
    const value = givenValue(flag, token)
    given.set(flag.name, [...(given.get(flag.name) ?? []), value])
  }
  return {
    operands,
    text: name => given.get(name)?.at(-1),
    all: name => given.get(name) ?? [],
    has: name => given.has(name),
  }
}

/** Reads an integer without sign or spaces. */
export function readInteger(name: string, text: string, least: number, most: number): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (value >= least && value <= most) return value
  throw new UsageError(`--${name} is '${text}': must be an integer from ${least} to ${most}`)
}

/** Reads one of several words. */
export function readChoice<const C extends readonly string[]>(
  name: string,
  text: string,
  choices: C,
): C[number] {
  const choice = choices.find(candidate => candidate === text)
  if (choice !== undefined) return choice
  throw new UsageError(`--${name} is '${text}': must be one of ${choices.join(', ')}`)
}

function optionsOf(flags: readonly Flag[]) {
  return Object.fromEntries(
    flags.map(({ name, short, value }) => [
      name,
      {
        type: value === undefined ? ('boolean' as const) : ('string' as const),
        ...(short === undefined ? {} : { short }),
      },
    ]),
  )
}

/** True for a typo such as `-server`, which `parseArgs` reads as `-s -e …`. Only declared short flags are valid. */
function isShortOfLong(rawName: string, flag: Flag): boolean {
  return !rawName.startsWith('--') && rawName !== `-${flag.short ?? ''}`
}

interface OptionToken {
  readonly rawName: string
  readonly value: string | undefined
  readonly inlineValue: boolean | undefined
}

function givenValue(flag: Flag, { rawName, value, inlineValue }: OptionToken): string {
  if (flag.value === undefined) {
    if (value !== undefined) throw new UsageError(`${rawName} takes no value`)
    return ''
  }
  const isMissing = value === undefined || (inlineValue !== true && /^-./.test(value))
  if (isMissing)
    throw new UsageError(
      `${rawName} has no value (${flag.value}); write one that begins with '-' as --${flag.name}=VALUE`,
    )
  return rawName.startsWith('--') ? value : value.replace(/^=/, '')
}

function unknownFlag(command: string, rawName: string, flags: readonly Flag[]): string {
  const names = flags.map(({ name }) => name)
  const bare = rawName.replace(/^-+/, '')
  const meant = flags.find(flag => isCalled(flag, bare))?.name
  const near = rawName.startsWith('--') ? didYouMean(bare, names, '-', '--') : ''
  const hint = meant === undefined ? near : `; did you mean --${meant}?`
  const help = `'hyperfleet ${command} --help' lists the flags`
  return `${command} has no flag ${rawName}${hint === '' ? `; ${help}` : hint}`
}

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
const PART = /(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)/g
const WHOLE = /^(\d{1,9}(\.\d{1,3})?(ms|s|m|h))+$/
const MAX_MS = 30 * 24 * 3_600_000

/**
 * Reads a duration as milliseconds, at most 30 days.
 * @throws UsageError that says what is allowed
 */
export function readDuration(name: string, text: string): number {
  const whole = /^\d{1,9}$/.test(text) ? `${text}s` : text
  const ms = WHOLE.test(whole)
    ? [...whole.matchAll(PART)].reduce(
        (sum, [, count, unit = '']) => sum + Number(count) * (UNITS_MS[unit] ?? 0),
        0,
      )
    : Number.NaN
  if (ms <= MAX_MS) return Math.round(ms)
  throw new UsageError(`--${name} is '${text}': must be a duration such as 60s, 1m30s or 500ms, at most 720h`)
}
