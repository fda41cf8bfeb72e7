// Tables: aligned columns with titles on a terminal, tab-separated lines in a pipe.
import type { Screen } from './screen.ts'
import { ageText, visible } from './text.ts'

export interface Cell {
  readonly text: string
  /** The text for a pipe, if `text` depends on the current time. */
  readonly exact?: string
  readonly tone?: Tone
}

export type Tone = 'good' | 'bad' | 'unsure'

export interface Column<T> {
  readonly title: string
  readonly cell: (item: T) => Cell
  /** Never truncated: a part would be useless. */
  readonly isWhole?: boolean
}

/** Green, red and yellow (ECMA-48, SGR). */
const COLOURS: Record<Tone, string> = { good: '\x1b[32m', bad: '\x1b[31m', unsure: '\x1b[33m' }
const PLAIN = '\x1b[0m'
const BETWEEN = '  '
/** Minimum widths. The last column may get narrower, but stays visible. */
const NARROWEST = 10
const NARROWEST_LAST = 4

/** The cell of a condition's status. */
export function statusCell(status: string | undefined): Cell {
  if (status === undefined) return { text: '-' }
  const tone = status === 'True' ? 'good' : status === 'False' ? 'bad' : 'unsure'
  return { text: status, tone }
}

/** An age on a terminal, the time itself in a pipe. */
export function ageCell(time: string, nowMs: number): Cell {
  return { text: ageText(time, nowMs), exact: time }
}

/** Lines of a table, with or without titles, truncated to the width of the terminal. */
export function tableLines<T>(
  columns: readonly Column<T>[],
  items: readonly T[],
  { hasColour, size }: Pick<Screen, 'hasColour' | 'size'>,
  hasHeaders = true,
): string[] {
  const rows = items.map(item => columns.map(({ cell }) => shown(cell(item))))
  const titles = hasHeaders ? [columns.map(({ title }) => ({ text: title }))] : []
  const widths = fitted(
    columns.map(({ isWhole = false }, i) => ({
      isWhole,
      width: Math.max(...[...titles, ...rows].map(row => displayWidth(row[i]?.text ?? ''))),
    })),
    size().columns,
  )
  return [...titles, ...rows].map(row => tableLine(row, widths, hasColour))
}

/** The titles for a pipe. */
export function plainTitles<T>(columns: readonly Column<T>[]): string {
  return columns.map(({ title }) => title).join('\t')
}

/** One line for a pipe: tab-separated, not truncated, with times instead of ages. */
export function plainLine<T>(columns: readonly Column<T>[], item: T): string {
  return columns
    .map(({ cell }) => {
      const { text, exact = text } = cell(item)
      return visible(exact)
    })
    .join('\t')
}

function shown(cell: Cell): Cell {
  return { ...cell, text: visible(cell.text) }
}

interface Width {
  readonly isWhole: boolean
  readonly width: number
}

/** Narrows the widest column repeatedly until the line fits or every column has its minimum width. */
function fitted(widths: readonly Width[], columns: number): number[] {
  const fitting = widths.map(({ width }) => width)
  let excess = fitting.reduce((sum, width) => sum + width, BETWEEN.length * (fitting.length - 1)) - columns
  for (; excess > 0; excess--) {
    const most = Math.max(...fitting.filter((_, i) => widths[i]?.isWhole === false))
    if (most <= NARROWEST) break
    const at = fitting.findLastIndex((width, i) => width === most && widths[i]?.isWhole === false)
    fitting[at] = most - 1
  }
  const [last = 0, isWhole] = [fitting.at(-1), widths.at(-1)?.isWhole]
  if (isWhole === false && excess > 0)
    fitting.splice(-1, 1, Math.max(Math.min(last, NARROWEST_LAST), last - excess))
  return fitting
}

function tableLine(row: readonly Cell[], widths: readonly number[], hasColour: boolean): string {
  return row
    .map(({ text, tone }, i) => {
      const width = widths[i] ?? 0
      const cut = cutTo(text, width)
      const padding = i === row.length - 1 ? '' : ' '.repeat(width - displayWidth(cut))
      return tone === undefined || !hasColour ? cut + padding : COLOURS[tone] + cut + PLAIN + padding
    })
    .join(BETWEEN)
    .trimEnd()
}

/** East Asian wide and full-width characters (Unicode, Standard Annex #11), as ranges. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18aff}\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]/u
/** Emoji, and characters with the selector for emoji presentation. */
const EMOJI = /\p{Emoji_Presentation}|\ufe0f/u
const MARKS_ONLY = /^[\p{Mn}\p{Me}\u200c\u200d]*$/u
const ASCII = /^[\x20-\x7e]*$/

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** Width in columns of a text without control characters. */
export function displayWidth(text: string): number {
  if (ASCII.test(text)) return text.length
  let width = 0
  for (const { segment } of graphemes.segment(text)) width += graphemeWidth(segment)
  return width
}

/** Truncates a text to a number of columns, including the final `…`. */
export function cutTo(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text
  let [cut, width] = ['', 0]
  for (const { segment } of graphemes.segment(text)) {
    width += graphemeWidth(segment)
    if (width > columns - 1) break
    cut += segment
  }
  return `${cut}…`
}

function graphemeWidth(grapheme: string): number {
  if (MARKS_ONLY.test(grapheme)) return 0
  return WIDE.test(grapheme) || EMOJI.test(grapheme) ? 2 : 1
}

export interface TextColumn {
  readonly title: string
  readonly align: 'left' | 'right'
}

/** A table `a | b` with a rule under the titles and columns as wide as their widest cell. */
export function alignedTable(columns: readonly TextColumn[], rows: readonly (readonly string[])[]): string {
  const titles = columns.map(({ title }) => title)
  const widths = titles.map((title, i) => Math.max(...[titles, ...rows].map(row => (row[i] ?? title).length)))
  const pad = (cell: string, i: number) =>
    columns[i]?.align === 'right' ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)
  const line = (row: readonly string[]) => row.map(pad).join(' | ').trimEnd()
  const rule = widths.map(width => '-'.repeat(width)).join('-|-')
  return [line(titles), rule, ...rows.map(line)].join('\n')
}
