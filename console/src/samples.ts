// Samples of the server's own metrics (the text format of Prometheus), and rates between two of them.

/** The values of one reading by name and labels, as they stand in the text. */
export interface Sample {
  readonly timeMs: number
  readonly values: ReadonlyMap<string, number>
}

const LINE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{.*\})? ([^ ]+)/

export function parseSample(text: string, timeMs: number): Sample {
  const values = new Map<string, number>()
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) continue
    const [, name, labels = '', value] = LINE.exec(line) ?? []
    if (name !== undefined) values.set(name + labels, Number(value))
  }
  return { timeMs, values }
}

/** The sum of a metric over its labels, or over those that contain a text. Undefined if there is none. */
export function sumOf({ values }: Sample, name: string, containing = ''): number | undefined {
  let sum: number | undefined
  for (const [key, value] of values) {
    const isIt = key === name || key.startsWith(`${name}{`)
    if (isIt && key.includes(containing)) sum = (sum ?? 0) + value
  }
  return sum
}

/** The value of a label of the first series of a metric that is not 0. Undefined if there is none. */
export function labelOf({ values }: Sample, name: string, label: string): string | undefined {
  for (const [key, value] of values)
    if (key.startsWith(`${name}{`) && value > 0) return new RegExp(`[{,]${label}="([^"]*)"`).exec(key)?.[1]
  return undefined
}

/** The growth of a counter between two samples, for each second. Null after a restart, and without the metric. */
export function rateOf(
  before: Sample | undefined,
  after: Sample,
  name: string,
  containing = '',
): number | null {
  if (before === undefined) return null
  const [a, b] = [sumOf(before, name, containing), sumOf(after, name, containing)]
  const seconds = (after.timeMs - before.timeMs) / 1000
  return a === undefined || b === undefined || b < a || seconds <= 0 ? null : (b - a) / seconds
}

/**
 * A quantile of a histogram between two samples, in its unit: the upper bound of the bucket that has it.
 *
 * @param containing a text in the labels of the buckets that count
 */
export function quantileOf(
  before: Sample | undefined,
  after: Sample,
  name: string,
  quantile: number,
  containing = '',
): number | null {
  if (before === undefined) return null
  const counts = new Map<number, number>()
  const prefix = `${name}_bucket{`
  for (const [key, value] of after.values) {
    if (!key.startsWith(prefix) || !key.includes(containing)) continue
    const bound = /le="([^"]+)"/.exec(key)?.[1]
    if (bound === undefined) continue
    const le = bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound)
    counts.set(le, (counts.get(le) ?? 0) + value - (before.values.get(key) ?? 0))
  }
  const total = counts.get(Number.POSITIVE_INFINITY) ?? 0
  if (total <= 0) return null
  const bounds = [...counts].sort(([a], [b]) => a - b)
  const found = bounds.find(([, count]) => count >= total * quantile)?.[0]
  return found === undefined || found === Number.POSITIVE_INFINITY ? (bounds.at(-2)?.[0] ?? null) : found
}
