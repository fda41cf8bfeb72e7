// Lines over time, drawn by uPlot in the colours of the page.
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import UPlot from 'uplot'
import { countText, shortCountText } from '../text.ts'

export interface Line {
  readonly label: string
  /** A custom property of the style sheet, such as `--good`. */
  readonly color: string
  readonly values: readonly (number | null)[]
}

const MINUTES = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
const SECONDS = new Intl.DateTimeFormat('en', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
})

/** Distances of ticks of time in seconds. */
const TICKS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600]
const HEIGHT = 180
/** Height of the legend in pixels. */
const LEGEND = 32

interface ChartProps {
  /** Seconds since the epoch, rising. */
  readonly times: readonly number[]
  readonly lines: readonly Line[]
  readonly height?: number
  readonly format?: (value: number) => string
  /** True to begin the scale at 0. */
  readonly fromZero?: boolean
}

/** A chart, once there are two times with a value. */
export function Chart(props: ChartProps) {
  const { times, lines, height = HEIGHT } = props
  const isKnown = times.filter((_, i) => lines.some(({ values }) => values[i] !== null)).length > 1
  return isKnown ? <Drawing {...props} /> : <Unknown height={height} />
}

/** Has the height of the chart to come, so that nothing jumps. */
function Unknown({ height }: { readonly height: number }) {
  const place = useRef<HTMLParagraphElement>(null)
  useLayoutEffect(() => place.current?.style.setProperty('min-height', `${height + LEGEND}px`), [height])
  return (
    <p class="faint unknown" ref={place}>
      Not known yet.
    </p>
  )
}

function Drawing(props: ChartProps) {
  const { times, lines, height = HEIGHT, format = countText, fromZero = true } = props
  const axisFormat = props.format ?? shortCountText
  const host = useRef<HTMLDivElement>(null)
  const plot = useRef<UPlot | undefined>(undefined)
  const shape = lines.map(({ label, color }) => `${label} ${color}`).join('|')
  const data = () => [times, ...lines.map(({ values }) => values)] as unknown as UPlot.AlignedData

  useEffect(() => {
    const element = host.current
    if (element === null) return
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    const draw = () => {
      plot.current?.destroy()
      const style = getComputedStyle(element)
      const color = (name: string) => style.getPropertyValue(name).trim()
      const axis = {
        stroke: color('--faint'),
        grid: { stroke: color('--rule'), width: 1 },
        ticks: { stroke: color('--rule'), width: 1 },
        font: '11px system-ui, sans-serif',
      }
      plot.current = new UPlot(
        {
          width: Math.max(200, element.clientWidth),
          height,
          cursor: { y: false },
          legend: { live: true },
          hooks: { setCursor: [showLast] },
          scales: { y: { range: (_, least, most) => rangeOf(least, most, fromZero) } },
          axes: [
            { ...axis, incrs: TICKS, space: 80, values: (_, ticks) => ticks.map(clockText) },
            { ...axis, size: 56, values: (_, ticks) => ticks.map(axisFormat) },
          ],
          series: [
            {
              label: 'time',
              value: (_: UPlot, time: number | null) => (time === null ? '–' : clockText(time)),
            },
            ...lines.map(line => ({
              label: line.label,
              stroke: color(line.color),
              width: 2,
              points: { show: false },
              value: (_: UPlot, value: number | null) => (value === null ? '–' : format(value)),
            })),
          ],
        },
        data(),
        element,
      )
    }
    draw()
    const observer = new ResizeObserver(() =>
      plot.current?.setSize({ width: Math.max(200, element.clientWidth), height }),
    )
    observer.observe(element)
    scheme.addEventListener('change', draw)
    return () => {
      observer.disconnect()
      scheme.removeEventListener('change', draw)
      plot.current?.destroy()
      plot.current = undefined
    }
  }, [shape, height])

  useEffect(() => {
    plot.current?.setData(data())
    if (plot.current !== undefined) showLast(plot.current)
  }, [times, lines])

  const last = lines.map(({ label, values }) => `${label} ${lastText(values, format)}`).join(', ')
  return <div class="chart" ref={host} role="img" aria-label={`Chart. Last values: ${last}.`} />
}

/** The time of day of an instant in seconds, as short as it can be. */
function clockText(seconds: number): string {
  return (seconds % 60 === 0 ? MINUTES : SECONDS).format(seconds * 1000)
}

/** While the pointer is elsewhere, the legend has the last values. */
function showLast(plot: UPlot): void {
  if (plot.cursor.idx === null || plot.cursor.idx === undefined)
    plot.setLegend({ idx: plot.data[0].length - 1 }, false)
}

function rangeOf(least: number | null, most: number | null, fromZero: boolean): [number, number] {
  const top = most ?? 1
  const bottom = fromZero ? 0 : (least ?? 0)
  if (top <= bottom) return [bottom, bottom + 4]
  const room = (top - bottom) * 0.08
  return [bottom, top + room]
}

function lastText(values: readonly (number | null)[], format: (value: number) => string): string {
  const value = values.findLast(each => each !== null)
  return value === undefined || value === null ? 'unknown' : format(value)
}
