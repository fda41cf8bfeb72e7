// Lines over time, drawn by uPlot in the colours of the page.
import { useEffect, useRef } from 'preact/hooks'
import UPlot from 'uplot'
import { countText } from '../text.ts'

export interface Line {
  readonly label: string
  /** A custom property of the style sheet, such as `--good`. */
  readonly color: string
  readonly values: readonly (number | null)[]
}

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
  const { times, lines } = props
  const isKnown = times.filter((_, i) => lines.some(({ values }) => values[i] !== null)).length > 1
  return isKnown ? <Drawing {...props} /> : <p class="faint">Not known yet.</p>
}

function Drawing(props: ChartProps) {
  const { times, lines, height = 180, format = countText, fromZero = true } = props
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
          scales: { y: { range: (_, least, most) => rangeOf(least, most, fromZero) } },
          axes: [axis, { ...axis, size: 56, values: (_, ticks) => ticks.map(format) }],
          series: [
            {},
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

  useEffect(() => plot.current?.setData(data()), [times, lines])

  const last = lines.map(({ label, values }) => `${label} ${lastText(values, format)}`).join(', ')
  return <div class="chart" ref={host} role="img" aria-label={`Chart. Last values: ${last}.`} />
}

function rangeOf(least: number | null, most: number | null, fromZero: boolean): [number, number] {
  const top = most ?? 1
  const bottom = fromZero ? 0 : (least ?? 0)
  const room = (top - bottom) * 0.08 || 1
  return [bottom, top + room]
}

function lastText(values: readonly (number | null)[], format: (value: number) => string): string {
  const value = values.findLast(each => each !== null)
  return value === undefined || value === null ? 'unknown' : format(value)
}
