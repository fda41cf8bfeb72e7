// Parses docs/errors.md, so that tests can compare it with the server.
import { readFileSync } from 'node:fs'

export interface DocumentedProblem {
  readonly status: number
  readonly slug: string
  readonly title: string
  /** The body that is shown as an example. */
  readonly example: Readonly<Record<string, unknown>>
  /** The paragraphs by the words that they begin with: `When` and `What to do`. */
  readonly paragraphs: ReadonlySet<string>
}

const DOCUMENT = new URL('../../../docs/errors.md', import.meta.url)
const ROW = /^\| `(HYPERFLEET-[A-Z]{3}-\d{3})` \| (\d{3}) \| ([a-z-]+) \| ([^|]+) \|$/gm

export interface TableRow {
  readonly code: string
  readonly status: number
  readonly slug: string
  readonly title: string
}

/** The rows of the first table of problems in a document, such as the contract's. */
export function problemTable(text: string): TableRow[] {
  return [...text.matchAll(ROW)].map(([, code = '', status = '', slug = '', title = '']) => ({
    code,
    status: Number(status),
    slug,
    title: title.trim(),
  }))
}

export function errorsDocument(): string {
  return readFileSync(DOCUMENT, 'utf8')
}

/** The sections by code: a heading, then a line such as ``400 · `validation-error` · Validation Failed``. */
export function documentedProblems(): ReadonlyMap<string, DocumentedProblem> {
  const [, ...sections] = errorsDocument().split(/^## (?=HYPERFLEET-)/m)
  return new Map(
    sections.map(section => {
      const [, code = '', status = '', slug = '', title = ''] =
        /^(\S+)\n\n(\d{3}) · `([a-z-]+)` · (.+)\n/.exec(section) ?? []
      const [, example = 'null'] = /^```json\n(.+?)^```$/ms.exec(section) ?? []
      const paragraphs = [...section.matchAll(/^\*\*(.+?)\.\*\* \S/gm)].map(([, name = '']) => name)
      return [
        code,
        {
          status: Number(status),
          slug,
          title,
          example: JSON.parse(example),
          paragraphs: new Set(paragraphs),
        },
      ]
    }),
  )
}
