// The question of a completion script: `hyperfleet completion offers KIND TYPE WORD [--server=URL …]`. Behind the word are the flags of the command line
// that select the server and the credentials, as the user has typed them.
import type { ConnectionFlag } from '../connection/flags.ts'
import { ASKED_KINDS, type AskedKind } from '../flags/flag.ts'
import type { ListName } from '../resources/kind.ts'
import { TYPED_FLAGS, TYPED_TOKEN } from './words.ts'

export interface Asked {
  readonly completes: AskedKind
  /** The list of the command line. */
  readonly list: ListName
  /** The value so far, without the quote with which it begins. */
  readonly word: string
}

export type TypedFlags = ReadonlyMap<ConnectionFlag, string>

/** Reads the arguments. Undefined if they are none that a script has. */
export function readAsked([kind, type = '', word = '']: readonly string[]): Asked | undefined {
  const completes = ASKED_KINDS.find(known => known === kind)
  return completes === undefined ? undefined : { completes, list: listOf(type), word }
}

/**
 * Reads the flags behind the word. The token comes in the environment: arguments are in the process list. Undefined if only a shell could read a
 * value, such as `"$SERVER"`: then nobody knows the server.
 */
export function readTyped(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): TypedFlags | undefined {
  const raw: [ConnectionFlag, string][] = []
  for (const arg of args.slice(3)) {
    const [, name, value = ''] = /^--([a-z-]+)=(.*)$/s.exec(arg) ?? []
    const flag = TYPED_FLAGS.find(known => known === name)
    if (flag === undefined) return undefined
    raw.push([flag, value])
  }
  const token = environment[TYPED_TOKEN]
  if (token !== undefined && token !== '') raw.push(['token', token])
  const typed = new Map<ConnectionFlag, string>()
  for (const [flag, text] of raw) {
    const value = plainValue(text, environment.HOME)
    if (value === undefined) return undefined
    typed.set(flag, value)
  }
  return typed
}

/** The characters of words that no shell expands. */
const PLAIN = /^[\w.,:@%+=/~-]+$/
const PLAIN_IN_QUOTES = /^[\w.,:@%+=/~ ?&#;()[\]{}*|<>^-]+$/

/** The value that a shell gives a word. Undefined if that takes a shell. */
function plainValue(text: string, home: string | undefined): string | undefined {
  const [, quoted] = /^(?:"([^"]*)"|'([^']*)')$/.exec(text)?.filter(each => each !== undefined) ?? []
  if (quoted !== undefined) return PLAIN_IN_QUOTES.test(quoted) ? quoted : undefined
  if (!PLAIN.test(text)) return undefined
  if (!text.startsWith('~')) return text
  return text.startsWith('~/') && home !== undefined ? home + text.slice(1) : undefined
}

/** A command line may not have its type yet. */
function listOf(type: string): ListName {
  const initial = type.toLowerCase()[0]
  return initial === 'n' ? 'nodepools' : initial === 's' ? 'statuses' : 'clusters'
}
