// YAML as far as a file of settings needs it: one document of mappings, lists and plain values, with the place of each.
// What only surprises or explodes (anchors, tags, duplicate keys, deep nesting) is refused.
import {
  type Document,
  isAlias,
  LineCounter,
  type ParsedNode,
  parseAllDocuments,
  visit,
  type YAMLError,
} from 'yaml'

/** Beyond either, nobody wrote it by hand; the parser's memory and stack are not unbounded. */
const MAX_FILE_BYTES = 1024 * 1024
const MAX_LINE_CHARACTERS = 4096

export interface Place {
  readonly line: number
  readonly column: number
}

export interface YamlFault {
  /** Undefined when it is about the whole file. */
  readonly at: Place | undefined
  readonly message: string
}

export type YamlText =
  | {
      readonly kind: 'parsed'
      /** Undefined when there is nothing but comments. */
      readonly contents: ParsedNode | undefined
      /** Where a node begins. */
      readonly placeOf: (node: ParsedNode) => Place
    }
  | { readonly kind: 'refused'; readonly faults: readonly YamlFault[] }

/** Parses the bytes of a file. */
export function parseYaml(bytes: Uint8Array): YamlText {
  if (bytes.length > MAX_FILE_BYTES) return refused('larger than 1 MiB')
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return refused('not UTF-8')
  }
  const longLine = text.split('\n').findIndex(line => line.length > MAX_LINE_CHARACTERS)
  if (longLine !== -1)
    return refused(`a line of more than ${MAX_LINE_CHARACTERS} characters`, { line: longLine + 1, column: 1 })
  const lines = new LineCounter()
  const [document, second] = parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'silent',
  }) as Document.Parsed[] // an empty stream is an empty array too
  const placeAt = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return { line, column: col }
  }
  if (second !== undefined) return refused('only one document may stand in it', placeAt(second.range[0]))
  const faults = document === undefined ? [] : faultsOf(document, text, placeAt)
  if (faults.length > 0) return { kind: 'refused', faults }
  return {
    kind: 'parsed',
    contents: document?.contents ?? undefined,
    placeOf: node => placeAt(node.range[0]),
  }
}

function refused(message: string, at?: Place): YamlText {
  return { kind: 'refused', faults: [{ at, message }] }
}

/** All duplicate keys, anchors and tags; of the syntax errors the first, because the others follow from it. */
function faultsOf(document: Document.Parsed, text: string, placeAt: (offset: number) => Place): YamlFault[] {
  const syntax = document.errors.filter(({ code }) => code !== 'DUPLICATE_KEY').slice(0, 1)
  const duplicates = document.errors.filter(({ code }) => code === 'DUPLICATE_KEY')
  const faults = [...syntax, ...duplicates].map(error => ({
    at: placeAt(error.pos[0]),
    message: syntaxMessage(error, text),
  }))
  if (syntax.length > 0) return faults
  visit(document, {
    Node(_, node) {
      const at = placeAt(node.range?.[0] ?? 0)
      if (isAlias(node) || node.anchor !== undefined)
        faults.push({ at, message: 'anchors and aliases are not taken: write the value out' })
      if (!isAlias(node) && node.tag !== undefined)
        faults.push({ at, message: 'tags are not taken: write the value alone' })
    },
  })
  return faults
}

function syntaxMessage({ code, pos: [offset], message }: YAMLError, text: string): string {
  if (code === 'DUPLICATE_KEY')
    return `${/^[^\s:]*/.exec(text.slice(offset))?.[0] ?? ''} stands here a second time`
  if (code === 'RESOURCE_EXHAUSTION') return 'nested too deeply'
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1)
  if (code === 'TAB_AS_INDENT' || /^ *\t/.test(line)) return 'indented with a tab: use spaces'
  return `not YAML: ${message}`
}
