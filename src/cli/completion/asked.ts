// The question of a completion script: `hyperfleet completion offers KIND TYPE WORD`.
import { ASKED_KINDS, type AskedKind } from '../flags/flag.ts'
import type { ListName } from '../resources/kind.ts'

export interface Asked {
  readonly completes: AskedKind
  /** The list of the command line. */
  readonly list: ListName
  /** The value so far, without the quote with which it begins. */
  readonly word: string
}

/** Reads the arguments. Undefined if they are none that a script has. */
export function readAsked([kind, type = '', word = '']: readonly string[]): Asked | undefined {
  const completes = ASKED_KINDS.find(known => known === kind)
  return completes === undefined ? undefined : { completes, list: listOf(type), word }
}

/** A command line may not have its type yet. */
function listOf(type: string): ListName {
  const initial = type.toLowerCase()[0]
  return initial === 'n' ? 'nodepools' : initial === 's' ? 'statuses' : 'clusters'
}
