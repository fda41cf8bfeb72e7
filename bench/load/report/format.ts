// Figures and tables as text in Markdown.
import type { Spread } from '../spread.ts'

const MEBIBYTE = 1 << 20
const PLACES = 2

/** A median with the least and the most of the rounds in brackets. */
export function spread({ median, least, most }: Spread, format: (value: number) => string): string {
  return `${format(median)} (${format(least)}–${format(most)})`
}

export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

export function decimals(value: number): string {
  return value.toFixed(PLACES)
}

export function percent(part: number): string {
  return `${Math.round(100 * part)} %`
}

export function mebibytes(bytes: number): string {
  return whole(bytes / MEBIBYTE)
}

export function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(titles), line(titles.map(() => '---')), ...rows.map(line)].join('\n')
}
