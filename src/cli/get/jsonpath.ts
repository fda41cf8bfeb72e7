// `-o jsonpath=TEMPLATE`: text with the values of paths in braces, as kubectl has it. A list has the envelope that `-o json` prints, a single
// resource is alone.
import { UsageError } from '../command.ts'
import { compactJson } from '../documents/print.ts'
import type { Tree } from '../documents/tree.ts'
import type { ListName } from '../resources/kind.ts'
import { visible } from '../terminal/text.ts'
import {
  type Field,
  fieldsParameter,
  NO_CONDITIONS,
  plainField,
  readField,
  readSteps,
  scalarText,
  valuesAt,
} from './field.ts'

type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'values'; readonly path: Path }
  | { readonly kind: 'range'; readonly path: Path; readonly parts: readonly Part[] }

/** A path through the envelope of a list to a field of its items, or a field alone. */
interface Path {
  /** To the items; undefined if the path begins elsewhere. */
  readonly items: Field | undefined
  readonly field: Field
}

export interface Template {
  readonly parts: readonly Part[]
  /** The parameter `fields` of the request for a list; undefined for whole items. */
  readonly fields: string | undefined
}

/** The value at which a path begins: the document, an item of the list, or something in an item. */
type Context = 'list' | 'item' | 'inside'

const WHERE = '-o jsonpath'
const ENVELOPE_KEYS = ['kind', 'page', 'size', 'total', 'items']

/**
 * @param isList false for a single resource
 * @throws UsageError that says what is wrong and what is allowed
 */
export function readTemplate(text: string, list: ListName, isList: boolean): Template {
  if (text.trim() === '')
    throw new UsageError(`${WHERE} is empty: must be such as jsonpath='{${isList ? '.items[*]' : ''}.name}'`)
  const reader = new TemplateReader(text.includes('{') ? text : `{${text}}`, list)
  const parts = reader.parts(isList ? 'list' : 'item')
  return { parts, fields: isList ? fieldsOf(reader.wanted) : undefined }
}

/** The text for a document. */
export function templateText({ parts }: Pick<Template, 'parts'>, root: Tree): string {
  return parts.map(part => partText(part, root)).join('')
}

function partText(part: Part, root: Tree): string {
  switch (part.kind) {
    case 'text':
      return part.text
    case 'values':
      return valuesOf(part.path, root).map(shown).join(' ')
    case 'range':
      return valuesOf(part.path, root)
        .map(value => templateText(part, value))
        .join('')
  }
}

function valuesOf({ items, field }: Path, root: Tree): Tree[] {
  return (items === undefined ? [root] : valuesAt(items, root)).flatMap(value => valuesAt(field, value))
}

function shown(value: Tree): string {
  return visible(scalarText(value) ?? compactJson(value))
}

/** A template without fields of items needs none of them. */
function fieldsOf(wanted: readonly Field[]): string | undefined {
  return wanted.length === 0 ? 'id' : fieldsParameter(wanted)
}

/** A part between braces: quotes enclose braces of a text. */
const BRACES = /\{(?<inner>(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^{}"'])*)\}|(?<text>[^{}]+)/y

class TemplateReader {
  readonly #template: string
  readonly #list: ListName
  #at = 0
  /** Fields of items that the template shows. */
  readonly wanted: Field[] = []

  constructor(template: string, list: ListName) {
    this.#template = template
    this.#list = list
  }

  parts(context: Context, range?: string): Part[] {
    const parts: Part[] = []
    while (this.#at < this.#template.length) {
      const { inner, text } = this.#next()
      const action = inner?.trim() ?? ''
      if (text !== undefined) parts.push({ kind: 'text', text })
      else if (action === 'end') {
        if (range !== undefined) return parts
        throw new UsageError(`${WHERE} has {end} without {range PATH}`)
      } else parts.push(this.#part(action, context))
    }
    if (range === undefined) return parts
    throw new UsageError(`${WHERE} has {range ${range}} without {end}`)
  }

  #next(): Partial<Record<string, string>> {
    BRACES.lastIndex = this.#at
    const found = BRACES.exec(this.#template)
    if (found === null)
      throw new UsageError(
        `${WHERE} has a brace without its other one at '${this.#template.slice(this.#at)}'`,
      )
    this.#at = BRACES.lastIndex
    return found.groups ?? {}
  }

  #part(action: string, context: Context): Part {
    if (/^["']/.test(action)) return { kind: 'text', text: literalText(action) }
    const [, rangePath] = /^range\s+(.*)$/s.exec(action) ?? []
    if (rangePath === undefined) {
      const path = this.#path(action, context)
      this.#want(path, context)
      return { kind: 'values', path }
    }
    const path = this.#path(rangePath, context)
    const inner = contextOf(path, context)
    if (inner === 'inside') this.#want(path, context)
    return { kind: 'range', path, parts: this.parts(inner, rangePath) }
  }

  #path(text: string, context: Context): Path {
    if (context === 'inside')
      return { items: undefined, field: { text, steps: readSteps(text, WHERE), conditionsAt: NO_CONDITIONS } }
    if (context === 'item') return { items: undefined, field: readField(text, this.#list, WHERE) }
    const [, items, rest = ''] = /^[$@]?\.?(items(?:\[[^\]]*\])?)(.*)$/s.exec(text) ?? []
    if (items !== undefined && /\]$/.test(items))
      return { items: envelopeField(items), field: readField(rest, this.#list, WHERE) }
    const field = envelopeField(text)
    const [first] = field.steps
    if (first === undefined || (first.kind === 'key' && ENVELOPE_KEYS.includes(first.key)))
      return { items: undefined, field }
    throw new UsageError(
      `${WHERE}: '${text}' is not in a list, which has ${ENVELOPE_KEYS.join(', ')}; for a field of its items write '.items[*]${text.startsWith('.') ? text : `.${text}`}'`,
    )
  }

  #want({ items, field }: Path, context: Context): void {
    if (context === 'item' || items !== undefined) this.wanted.push(field)
    for (const step of items?.steps ?? [])
      if (step.kind === 'where') this.wanted.push(plainField(step.member))
    const [first] = field.steps
    const isWhole = first === undefined || (first.kind === 'key' && first.key === 'items')
    if (context === 'list' && items === undefined && isWhole) this.wanted.push(WHOLE)
  }
}

/** Whole items. */
const WHOLE: Field = { text: '', steps: [], conditionsAt: NO_CONDITIONS }

function envelopeField(text: string): Field {
  return { text, steps: readSteps(text, WHERE), conditionsAt: NO_CONDITIONS }
}

/** The value at which the paths in a range begin. */
function contextOf({ items, field }: Path, context: Context): Context {
  return context === 'list' && items !== undefined && field.steps.length === 0 ? 'item' : 'inside'
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' }

/** The text of a literal in quotes, with its escapes. */
function literalText(literal: string): string {
  const [quote = ''] = literal
  if (literal.length < 2 || !literal.endsWith(quote))
    throw new UsageError(`${WHERE}: {${literal}} must be one text in quotes`)
  return literal.slice(1, -1).replace(/\\(.)/gs, (_, character: string) => ESCAPES[character] ?? character)
}
