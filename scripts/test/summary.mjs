// A reporter for node:test that ends a run with its slowest files, to keep test/quick.json up to date, and with every failed test, so
// that the end of a long log says why the run failed.
import { relative } from 'node:path'

const MOST_FILES = 10
const MOST_CHARACTERS = 2000

export default async function* summary(source) {
  const milliseconds = new Map()
  const failures = []
  for await (const { type, data } of source) {
    if (type !== 'test:pass' && type !== 'test:fail') continue
    if (type === 'test:fail') failures.push(failureText(data))
    if (data.nesting !== 0 || data.file === undefined) continue
    const place = placeOf(data)
    milliseconds.set(place, (milliseconds.get(place) ?? 0) + data.details.duration_ms)
  }
  if (milliseconds.size > MOST_FILES) {
    yield 'the slowest files, in seconds of their tests:\n'
    for (const [place, ms] of [...milliseconds].sort(([, a], [, b]) => b - a).slice(0, MOST_FILES))
      yield `${(ms / 1000).toFixed(1).padStart(8)}  ${place}\n`
  }
  if (failures.length > 0) yield `the failed tests:\n${failures.join('')}`
}

/** The file of a test. For a suite defined by the harness that would be the harness's file, so its own name is used. */
function placeOf({ file = '', name }) {
  return file.includes('.test.') ? relative(process.cwd(), file) : name
}

function failureText(data) {
  const { error } = data.details
  const text = String(error?.cause?.stack ?? error?.cause ?? error).slice(0, MOST_CHARACTERS)
  return `  ${placeOf(data)}: ${data.name}\n${text.replaceAll(/^/gm, '    ')}\n`
}
