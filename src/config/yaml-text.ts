// Subset of YAML for settings files: one document of mappings, lists and plain values, with the position of each.
// Refuses features that surprise or explode: anchors, tags, duplicate keys, deep nesting.
import {
  type Document,
  isAlias,
  LineCounter,
  type ParsedNode,
  parseAllDocuments,
  visit,
  type YAMLError,
} from 'yaml'

/** Limits of the file, far above anything written by hand. They bound the parser's memory and stack. */
const MAX_FILE_BYTES = 1024 * 1024
const MAX_LINE_CHARACTERS = 4096

export interface Place {
  readonly line: number
  readonly column: number
}

export interface YamlFault {
  /** Undefined if it concerns the whole file. */
  readonly at: Place | undefined
  readonly message: string
}

export type YamlText =
  | {
      readonly kind: 'parsed'
      /** Undefined if the file has only comments. */
      readonly contents: ParsedNode | undefined
      /** Position where a node begins. */
      readonly placeOf: (node: ParsedNode) => Place
    }
  | { readonly kind: 'refused'; readonly faults: readonly YamlFault[] }

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
  }) as Document.Parsed[] // an empty stream gives an empty array
  const placeAt = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return { line, column: col }
  }
  if (second !== undefined) return refused('only one document is allowed', placeAt(second.range[0]))
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

/** Lists all duplicate keys, anchors and tags, but only the first syntax error: the others follow from it. */
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
        faults.push({ at, message: 'anchors and aliases are not supported: write the value out' })
      if (!isAlias(node) && node.tag !== undefined)
        faults.push({ at, message: 'tags are not supported: write the value alone' })
    },
  })
  return faults
}

function syntaxMessage({ code, pos: [offset], message }: YAMLError, text: string): string {
  if (code === 'DUPLICATE_KEY') return `${/^[^\s:]*/.exec(text.slice(offset))?.[0] ?? ''} is a duplicate key`
  if (code === 'RESOURCE_EXHAUSTION') return 'nested too deeply'
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1)
  if (code === 'TAB_AS_INDENT' || /^ *\t/.test(line)) return 'indented with a tab: use spaces'
  return `not YAML: ${message}`
}
