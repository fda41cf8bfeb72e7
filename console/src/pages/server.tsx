// The server itself, from its own metrics.
import { useMemo, useRef } from 'preact/hooks'
import { send } from '../api/client.ts'
import { Fault, Loading, Panel } from '../parts/basics.tsx'
import { Chart, type Line } from '../parts/chart.tsx'
import { ServerFacts } from '../parts/server-facts.tsx'
import { usePolled } from '../polling.ts'
import { parseSample, quantileOf, rateOf, type Sample, sumOf } from '../samples.ts'
import { bytesText, countText } from '../text.ts'

const EVERY_MS = 3000
const KEPT = 400
const PREFIX = 'hyperfleet_api_'

type Read = (before: Sample | undefined, after: Sample) => number | null

interface Drawing {
  readonly title: string
  readonly format: (value: number) => string
  readonly lines: readonly { readonly label: string; readonly color: string; readonly read: Read }[]
}

const requests = `${PREFIX}requests_total`
const milliseconds = (seconds: number) =>
  `${seconds > 0 && seconds * 1000 < 10 ? (seconds * 1000).toPrecision(2) : Math.round(seconds * 1000)} ms`
const rateText = (rate: number) => (rate > 0 && rate < 10 ? rate.toFixed(1) : countText(Math.round(rate)))
const gauge =
  (name: string): Read =>
  (_, after) =>
    sumOf(after, name) ?? null

/** The median and the slowest hundredth of a histogram. */
function durations(title: string, histogram: string): Drawing {
  const line = (label: string, color: string, quantile: number) => ({
    label,
    color,
    read: (before: Sample | undefined, after: Sample) => quantileOf(before, after, histogram, quantile),
  })
  return {
    title,
    format: milliseconds,
    lines: [line('median', '--line-ready', 0.5), line('99 %', '--line-deleting', 0.99)],
  }
}

const DRAWINGS: readonly Drawing[] = [
  {
    title: 'Requests a second',
    format: rateText,
    lines: [
      {
        label: 'reads',
        color: '--line-ready',
        read: (before, after) => rateOf(before, after, requests, 'method="GET"'),
      },
      {
        label: 'writes',
        color: '--line-available',
        read: (before, after) => {
          const all = rateOf(before, after, requests)
          return all === null
            ? null
            : Math.max(0, all - (rateOf(before, after, requests, 'method="GET"') ?? 0))
        },
      },
    ],
  },
  durations('Duration of a request', `${PREFIX}request_duration_seconds`),
  durations('Flush of a commit', `${PREFIX}commit_flush_seconds`),
  {
    title: 'Journal not yet in the snapshot',
    format: bytesText,
    lines: [{ label: 'bytes', color: '--line-total', read: gauge(`${PREFIX}journal_bytes`) }],
  },
  {
    title: 'Memory',
    format: bytesText,
    lines: [
      { label: 'resident', color: '--line-total', read: gauge('process_resident_memory_bytes') },
      { label: 'served', color: '--line-ready', read: gauge(`${PREFIX}served_bytes`) },
      { label: 'indexes', color: '--line-available', read: gauge(`${PREFIX}index_bytes`) },
      { label: 'JavaScript heap', color: '--line-deleting', read: gauge('nodejs_heap_size_used_bytes') },
    ],
  },
  {
    title: 'Watches and waiting reads',
    format: countText,
    lines: [{ label: 'open', color: '--line-total', read: gauge(`${PREFIX}open_reads`) }],
  },
]
/** Drawings of a server that shares a journal with others. */
const OF_CLUSTER: readonly Drawing[] = [
  {
    title: 'Entries of the journal that it lacks',
    format: countText,
    lines: [{ label: 'behind', color: '--line-deleting', read: gauge(`${PREFIX}cluster_behind_entries`) }],
  },
]

const DRAWN = [...DRAWINGS, ...OF_CLUSTER]

/** What the drawings need of the samples so far. Samples are not kept: each has all metrics. */
interface Drawn {
  readonly last: Sample
  /** Seconds since the epoch. */
  readonly times: readonly number[]
  /** By title of the drawing and label of the line. */
  readonly values: ReadonlyMap<string, readonly (number | null)[]>
}

export function ServerPage() {
  const drawn = useRef<Drawn | undefined>(undefined)
  const metrics = usePolled('metrics', EVERY_MS, async signal => {
    const response = await send('/metrics', { accept: 'text/plain', signal })
    drawn.current = extended(drawn.current, parseSample(await response.text(), Date.now()))
    return drawn.current
  })
  const { value, error } = metrics
  return (
    <main class="page">
      <header class="page-head">
        <h1>Server</h1>
      </header>
      <Fault error={error} />
      {value === undefined ? (
        error === undefined && <Loading />
      ) : (
        <>
          <ServerFacts sample={value.last} />
          <div class="panels">
            {(isShared(value.last) ? DRAWN : DRAWINGS).map(drawing => (
              <DrawingPanel key={drawing.title} drawing={drawing} drawn={value} />
            ))}
          </div>
          <p class="hint">Counted since this page was opened, every three seconds.</p>
        </>
      )}
    </main>
  )
}

function extended(before: Drawn | undefined, last: Sample): Drawn {
  const values = new Map<string, readonly (number | null)[]>()
  for (const { title, lines } of DRAWN)
    for (const { label, read } of lines) {
      const key = keyOf(title, label)
      values.set(key, [...(before?.values.get(key) ?? []), read(before?.last, last)].slice(-KEPT))
    }
  return { last, times: [...(before?.times ?? []), last.timeMs / 1000].slice(-KEPT), values }
}

function keyOf(title: string, label: string): string {
  return `${title}: ${label}`
}

function isShared(sample: Sample): boolean {
  return sumOf(sample, `${PREFIX}cluster_writer`) !== undefined
}

function DrawingPanel({ drawing, drawn }: { readonly drawing: Drawing; readonly drawn: Drawn }) {
  const { title, format } = drawing
  const lines = useMemo(
    () =>
      drawing.lines.map(
        ({ label, color }): Line => ({ label, color, values: drawn.values.get(keyOf(title, label)) ?? [] }),
      ),
    [drawn, drawing],
  )
  return (
    <Panel title={title}>
      <Chart times={drawn.times} lines={lines} height={150} format={format} />
    </Panel>
  )
}
