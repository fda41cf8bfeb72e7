// Ratios of processor time as a picture: one bar for each workload shows how close the server comes to its ceiling, with a
// mark at the ratio that it must reach. Colours follow the reader's light or dark theme.
import { inWords } from '../../machine.ts'
import { processorLimits, type Sizes } from '../bars.ts'
import type { Results, RowResult } from '../results.ts'

const WIDTH = 860
const NAMES_WIDTH = 300
const FIGURES_WIDTH = 190
const BARS_WIDTH = WIDTH - NAMES_WIDTH - FIGURES_WIDTH
const TOP = 58
const ROW_HEIGHT = 26
const BAR_HEIGHT = 14
const BOTTOM = 34

const STYLE = `
text { font: 13px system-ui, sans-serif; fill: #24292f }
.small { font-size: 11px; fill: #57606a }
.title { font-size: 15px; font-weight: 600 }
.ceiling { fill: #d0d7de }
.met { fill: #1a7f37 }
.missed { fill: #bc4c00 }
.free { fill: #0969da }
.mark { stroke: #24292f; stroke-width: 2 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .small { fill: #8d96a0 }
  .ceiling { fill: #30363d }
  .met { fill: #3fb950 }
  .missed { fill: #db6d28 }
  .free { fill: #4493f8 }
  .mark { stroke: #e6edf3 }
}`

/** The whole of `bench/results/load.svg`. */
export function loadPicture({ rows, machine }: Results, sizes: Sizes): string {
  const height = TOP + rows.length * ROW_HEIGHT + BOTTOM
  const words = 'Processor time of a bare server (for writes: with a bare journal), in parts of ours'
  const legend = `The whole bar is the ceiling, the mark is what must be reached. On ${inWords(machine)}`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    `<title>${escaped(words)}</title>`,
    `<style>${STYLE}\n</style>`,
    text(10, 26, words, 'title'),
    text(10, 44, legend, 'small'),
    ...rows.flatMap((row, place) => rowOf(row, TOP + place * ROW_HEIGHT, processorLimits(row, sizes)?.must)),
    axis(TOP + rows.length * ROW_HEIGHT),
    '</svg>\n',
  ].join('\n')
}

function rowOf(row: RowResult, y: number, must: number | undefined): string[] {
  const { median } = row.cpuRatio
  const colour = must === undefined ? 'free' : median >= must ? 'met' : 'missed'
  const baseline = y + BAR_HEIGHT - 2
  const rate = Math.round(row.targets.server?.perSecond.median ?? 0).toLocaleString('en-US')
  return [
    text(10, baseline, `${row.name}, ${short(row.clusters)}`, ''),
    rectangle(y, 1, 'ceiling'),
    rectangle(y, Math.min(1, median), colour),
    ...(must === undefined ? [] : [mark(y, must)]),
    text(NAMES_WIDTH + BARS_WIDTH + 12, baseline, `${median.toFixed(2)}   ${rate}/s`, ''),
  ]
}

function axis(y: number): string {
  return [0, 0.25, 0.5, 0.75, 1]
    .map(part => {
      const x = NAMES_WIDTH + part * BARS_WIDTH
      return `<text class="small" x="${x}" y="${y + 14}" text-anchor="middle">${part}</text>`
    })
    .join('\n')
}

function rectangle(y: number, part: number, colour: string): string {
  const width = (part * BARS_WIDTH).toFixed(1)
  return `<rect class="${colour}" x="${NAMES_WIDTH}" y="${y}" width="${width}" height="${BAR_HEIGHT}" rx="2"/>`
}

function mark(y: number, part: number): string {
  const x = (NAMES_WIDTH + part * BARS_WIDTH).toFixed(1)
  return `<line class="mark" x1="${x}" y1="${y - 3}" x2="${x}" y2="${y + BAR_HEIGHT + 3}"/>`
}

function text(x: number, y: number, words: string, style: string): string {
  return `<text${style === '' ? '' : ` class="${style}"`} x="${x}" y="${y}" xml:space="preserve">${escaped(words)}</text>`
}

function short(clusters: number): string {
  if (clusters >= 1_000_000) return `${clusters / 1_000_000} M clusters`
  return clusters >= 1000 ? `${clusters / 1000} k clusters` : `${clusters} clusters`
}

function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
