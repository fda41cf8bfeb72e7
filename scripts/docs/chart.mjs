// Writes the README of the Helm chart from the comments in its values. --check writes nothing, and ends with code 1 if the README
// is out of date.
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isMap, parseDocument } from 'yaml'

const chart = join(dirname(fileURLToPath(import.meta.url)), '../../deploy/helm/hyperfleet')

const HEAD = `# The HyperFleet chart

The HyperFleet API server as a StatefulSet: one server with a volume of its own, or [several on one journal](../../../docs/guide/several-servers.md#kubernetes).
[docs/guide/install.md](../../../docs/guide/install.md#kubernetes) says how it is installed, [docs/guide/upgrade.md](../../../docs/guide/upgrade.md) how it is upgraded and
what to do when that fails.

\`\`\`sh
helm install fleet deploy/helm/hyperfleet --namespace fleet --create-namespace \\
  --set image.repository=registry.example/hyperfleet-api --wait
\`\`\`

What the server would refuse at its start, the chart refuses when it is rendered: authentication without keys, ports that clash, an origin
that is none, several servers without a journal that they share. A \`null\` in place of a value that the chart needs is refused, too.

## Values

\`npm run docs:chart\` writes this table from the comments in \`values.yaml\`.

| value | default | meaning |
|---|---|---|
`

/** One row for each value, and one for each section with a comment. */
function rows(map, path) {
  return map.items.flatMap(({ key, value }) => {
    const name = [...path, key.value].join('.')
    const meaning = textOf(key.commentBefore ?? (key === map.items[0]?.key ? map.commentBefore : undefined))
    const isSection = isMap(value) && value.items.length > 0
    // A section whose members have no comments is one value.
    if (isSection && hasComments(value))
      return [...(meaning === '' ? [] : [row(name, '', meaning)]), ...rows(value, [...path, key.value])]
    return [row(name, `\`${JSON.stringify(value.toJSON())}\``, meaning)]
  })
}

function hasComments(map) {
  return (
    map.commentBefore != null ||
    map.items.some(({ key, value }) => key.commentBefore != null || (isMap(value) && hasComments(value)))
  )
}

function row(name, fallback, meaning) {
  return `| \`${name}\` | ${fallback} | ${meaning} |`
}

/** Joins the lines of a comment. Of several paragraphs, the last one describes the value. */
function textOf(comment = '') {
  const [last = ''] = comment.split(/\n\s*\n/).slice(-1)
  const text = last.replace(/\s*\n\s*/g, ' ').trim()
  return text.replaceAll('|', '\\|')
}

const values = parseDocument(readFileSync(join(chart, 'values.yaml'), 'utf8'))
const readme = `${HEAD}${rows(values.contents, []).join('\n')}\n`
const path = join(chart, 'README.md')
if (!process.argv.includes('--check')) {
  writeFileSync(path, readme)
} else if (readFileSync(path, 'utf8') !== readme) {
  console.error('deploy/helm/hyperfleet/README.md is out of date: run npm run docs:chart')
  process.exitCode = 1
}
