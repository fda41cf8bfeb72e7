// A reporter of node:test that names the slowest files at the end, so that test/quick.json can be kept true.
import { relative } from 'node:path'

const MOST = 10

export default async function* slowest(source) {
  const milliseconds = new Map()
  for await (const { type, data } of source) {
    if ((type !== 'test:pass' && type !== 'test:fail') || data.nesting !== 0 || data.file === undefined)
      continue
    milliseconds.set(data.file, (milliseconds.get(data.file) ?? 0) + data.details.duration_ms)
  }
  if (milliseconds.size <= MOST) return
  yield 'the slowest files, in seconds of their tests:\n'
  for (const [file, ms] of [...milliseconds].sort(([, a], [, b]) => b - a).slice(0, MOST))
    yield `${(ms / 1000).toFixed(1).padStart(8)}  ${relative(process.cwd(), file)}\n`
}
