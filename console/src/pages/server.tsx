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
  `${seconds * 1000 < 10 ? (seconds * 1000).toPrecision(2) : Math.round(seconds * 1000)} ms`
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
    format: value => countText(Math.round(value)),
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

export function ServerPage() {
  const samples = useRef<readonly Sample[]>([])
  const metrics = usePolled('metrics', EVERY_MS, async signal => {
    const response = await send('/metrics', { accept: 'text/plain', signal })
    const sample = parseSample(await response.text(), Date.now())
    samples.current = [...samples.current, sample].slice(-KEPT)
    return samples.current
  })
  const { value, error } = metrics
  const last = value?.at(-1)
  return (
    <main class="page">
      <header class="page-head">
        <h1>Server</h1>
      </header>
      <Fault error={error} />
      {value === undefined || last === undefined ? (
        error === undefined && <Loading />
      ) : (
        <>
          <ServerFacts sample={last} />
          <div class="panels">
            {(isShared(last) ? [...DRAWINGS, ...OF_CLUSTER] : DRAWINGS).map(drawing => (
              <DrawingPanel key={drawing.title} drawing={drawing} samples={value} />
            ))}
          </div>
          <p class="hint">Counted since this page was opened, every three seconds.</p>
        </>
      )}
    </main>
  )
}

function isShared(sample: Sample): boolean {
  return sumOf(sample, `${PREFIX}cluster_writer`) !== undefined
}

function DrawingPanel({
  drawing,
  samples,
}: {
  readonly drawing: Drawing
  readonly samples: readonly Sample[]
}) {
  const times = useMemo(() => samples.map(({ timeMs }) => timeMs / 1000), [samples])
  const lines = useMemo(
    () =>
      drawing.lines.map(
        ({ label, color, read }): Line => ({
          label,
          color,
          values: samples.map((sample, i) => read(samples[i - 1], sample)),
        }),
      ),
    [samples, drawing],
  )
  return (
    <Panel title={drawing.title}>
      <Chart times={times} lines={lines} height={150} format={drawing.format} />
    </Panel>
  )
}
