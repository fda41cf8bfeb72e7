// Things in rows and columns: an aligned table with titles on a terminal, lines with tabs between the cells in a pipe.
import type { Screen } from './screen.ts'
import { visible } from './visible.ts'
import { cutTo, displayWidth } from './width.ts'

export interface Cell {
  readonly text: string
  /** What a pipe gets in place of the text, where that depends on when it is read. */
  readonly exact?: string
  readonly tone?: Tone
}

export type Tone = 'good' | 'bad' | 'unsure'

export interface Column<T> {
  readonly title: string
  readonly cell: (item: T) => Cell
  /** Never cut: part of it would be of no use. */
  readonly isWhole?: boolean
}

/** Green, red and yellow (ECMA-48, SGR). */
const COLOURS: Record<Tone, string> = { good: '\x1b[32m', bad: '\x1b[31m', unsure: '\x1b[33m' }
const PLAIN = '\x1b[0m'
const BETWEEN = '  '
/** Narrower than this no column is cut, but for the last, of which something is to be seen. */
const NARROWEST = 10
const NARROWEST_LAST = 4

/** A cell that says how something stands. */
export function statusCell(status: string | undefined): Cell {
  if (status === undefined) return { text: '-' }
  const tone = status === 'True' ? 'good' : status === 'False' ? 'bad' : 'unsure'
  return { text: status, tone }
}

/** Lines of a table, titles first unless they are left out; each is cut to the width of the terminal. */
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

/** One line for a pipe: cells with tabs between them, nothing cut, and times in place of ages. */
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

/** Takes from the widest column until the line fits, or every column is narrow. */
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
