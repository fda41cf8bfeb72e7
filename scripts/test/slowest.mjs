// A reporter for node:test that lists the slowest files at the end, to keep test/quick.json up to date.
import { relative } from 'node:path'

const MOST = 10

export default async function* slowest(source) {
  const milliseconds = new Map()
  for await (const { type, data } of source) {
    if ((type !== 'test:pass' && type !== 'test:fail') || data.nesting !== 0 || data.file === undefined)
      continue
    // For a suite defined by the harness, the file would be the harness's, so its own name is used.
    const place = data.file.includes('.test.') ? relative(process.cwd(), data.file) : data.name
    milliseconds.set(place, (milliseconds.get(place) ?? 0) + data.details.duration_ms)
  }
  if (milliseconds.size <= MOST) return
  yield 'the slowest files, in seconds of their tests:\n'
  for (const [place, ms] of [...milliseconds].sort(([, a], [, b]) => b - a).slice(0, MOST))
    yield `${(ms / 1000).toFixed(1).padStart(8)}  ${place}\n`
}
