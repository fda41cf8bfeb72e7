// The last transitions of conditions and the last reports, on one line of time each.
import type { AdapterStatus, Condition } from '../api/types.ts'
import { ageText, durationText, now } from '../text.ts'

interface Mark {
  readonly time: number
  readonly kind: 'good' | 'bad' | 'unknown' | 'report'
  readonly text: string
}

interface Lane {
  readonly name: string
  readonly marks: readonly Mark[]
}

const LANE = 26
/** In units of which a letter has fifteen. A phone has room for fewer. */
const SIZES = {
  wide: { width: 620, nameWidth: 210, nameLength: 26, ticks: 4 },
  narrow: { width: 390, nameWidth: 160, nameLength: 18, ticks: 2 },
} as const
const NARROW = matchMedia('(max-width: 700px)')

export function Timeline(props: {
  readonly conditions: readonly Condition[]
  readonly statuses: readonly AdapterStatus[]
  readonly created: string
}) {
  const { conditions, statuses, created } = props
  const nowMs = now.value
  const { width, nameWidth, nameLength, ticks } = NARROW.matches ? SIZES.narrow : SIZES.wide
  const lanes: readonly Lane[] = [
    ...conditions.map(({ type, status, last_transition_time }) => ({
      name: type,
      marks: [
        {
          time: Date.parse(last_transition_time),
          kind:
            status === 'True'
              ? ('good' as const)
              : status === 'False'
                ? ('bad' as const)
                : ('unknown' as const),
          text: `${type} became ${status} ${ageText(last_transition_time, nowMs)} ago`,
        },
      ],
    })),
    ...statuses.map(({ adapter, created_time, last_report_time }) => ({
      name: adapter,
      marks: [
        {
          time: Date.parse(created_time),
          kind: 'report' as const,
          text: `${adapter}: first report ${ageText(created_time, nowMs)} ago`,
        },
        {
          time: Date.parse(last_report_time),
          kind: 'report' as const,
          text: `${adapter}: last report ${ageText(last_report_time, nowMs)} ago`,
        },
      ],
    })),
  ]
  const start = Date.parse(created)
  const span = Math.max(1000, nowMs - start)
  // The square root leaves more room to what is recent.
  const x = (time: number) =>
    nameWidth + (width - nameWidth - 12) * (1 - Math.sqrt(Math.min(1, Math.max(0, nowMs - time) / span)))
  const height = lanes.length * LANE + 24
  return (
    <svg
      class="timeline"
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={lanes.flatMap(({ marks }) => marks.map(({ text }) => text)).join('; ')}
    >
      {Array.from({ length: ticks + 1 }, (_, i) => {
        const ago = span * (1 - i / ticks) ** 2
        const at = x(nowMs - ago)
        return (
          <g key={i}>
            <line class="rule" x1={at} x2={at} y1={0} y2={height - 18} />
            <text
              class="tick"
              x={at}
              y={height - 4}
              text-anchor={i === ticks ? 'end' : i === 0 ? 'start' : 'middle'}
            >
              {i === ticks ? 'now' : `${durationText(ago / 1000)} ago`}
            </text>
          </g>
        )
      })}
      {lanes.map(({ name, marks }, lane) => (
        <g key={lane} transform={`translate(0 ${lane * LANE})`}>
          <text class="lane" x={0} y={17}>
            {name.length > nameLength ? `${name.slice(0, nameLength - 1)}…` : name}
          </text>
          <line class="rule" x1={nameWidth} x2={width - 12} y1={13} y2={13} />
          {marks.map(mark => (
            <circle key={mark.text} class={mark.kind} cx={x(mark.time)} cy={13} r={6}>
              <title>{mark.text}</title>
            </circle>
          ))}
        </g>
      ))}
    </svg>
  )
}
