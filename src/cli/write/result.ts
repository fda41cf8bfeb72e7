// Output of a command that writes: the server's response, a name or a sentence.
import { jsonText, yamlText } from '../documents/print.ts'
import { readTree, type Tree } from '../documents/tree.ts'
import type { Flag } from '../flags/flag.ts'
import { readChoice } from '../flags/flag-reader.ts'
import { visible } from '../terminal/text.ts'

const OUTPUTS = ['json', 'yaml', 'name'] as const

export const OUTPUT_FLAG = {
  name: 'output',
  short: 'o',
  value: 'json|yaml|name',
  meaning: "the server's response, or only the name (default a sentence)",
  choices: OUTPUTS,
} as const satisfies Flag

export type Form = (typeof OUTPUTS)[number] | 'sentence'

export function readForm(text: string | undefined): Form {
  return text === undefined ? 'sentence' : readChoice('output', text, OUTPUTS)
}

export interface Result {
  /** The server's response. */
  readonly text: string
  /** `cluster/NAME`. */
  readonly name: string
  /** `created cluster/NAME`. */
  readonly sentence: string
}

/** Ends with a line end. */
export function resultText({ text, name, sentence }: Result, form: Form): string {
  switch (form) {
    case 'json':
      return `${jsonText(readTree(text))}\n`
    case 'yaml':
      return `---\n${yamlText(readTree(text))}`
    case 'name':
      return `${visible(name)}\n`
    case 'sentence':
      return `${visible(sentence)}\n`
  }
}

/** A member of a tree as text. */
export function textOf(tree: Tree | undefined): string | undefined {
  return typeof tree === 'string' ? tree : undefined
}
