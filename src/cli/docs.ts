// `hyperfleet docs`: prints the documentation that belongs to this build.
import { readFileSync } from 'node:fs'
import { isSea } from 'node:sea'
import { embeddedFile } from '../binary/embedded.ts'
import { nearestName } from '../wire/text.ts'
import { type Command, EXIT, UsageError } from './command.ts'

const ROOT = new URL('../../../', import.meta.url)
/** The page that lists all pages, and so the topics: a topic is a page's name without its folder. */
const INDEX = 'docs/README.md'
const ROW = /^\| \[[^\]]+\]\(((?:[\w-]+\/)?([\w-]+)\.md)\) \| (.+) \|$/gm

interface Topic {
  readonly summary: string
  /** Relative to the root of the project. */
  readonly path: string
}

const README: Topic = { summary: 'what it is, how to start it, a first cluster', path: 'README.md' }
/** Only the single-file build contains the licenses of its packages. */
const LICENSES: Topic = { summary: 'the licenses of everything in this file', path: 'LICENSES' }

export const docs: Command = {
  help: () => `Usage: hyperfleet docs [TOPIC]

Prints the page of a topic in Markdown, or the list of topics.`,
  examples: [['hyperfleet docs'], ['hyperfleet docs search | less']],
  get operands() {
    return [{ choices: [...readTopics().keys()] }]
  },
  async run(args, output) {
    const [name, ...more] = args
    if (more.length > 0) throw new UsageError('docs takes one topic')
    const topics = readTopics()
    output.write(name === undefined ? listed(topics) : read(chosen(topics, name).path))
    return EXIT.ok
  },
}

function readTopics(): Map<string, Topic> {
  const pages = [...read(INDEX).matchAll(ROW)].map(
    ([, path = '', name = '', summary = '']) =>
      [name.toLowerCase(), { summary, path: `docs/${path}` }] as const,
  )
  const topics = new Map<string, Topic>([['readme', README], ...pages])
  return isSea() ? topics.set('licenses', LICENSES) : topics
}

function chosen(topics: ReadonlyMap<string, Topic>, name: string): Topic {
  const topic = topics.get(name.toLowerCase().replace(/\.md$/, ''))
  if (topic !== undefined) return topic
  const near = nearestName(name, topics.keys())
  const hint = near === undefined ? `'hyperfleet docs' lists them` : `did you mean ${near}?`
  throw new UsageError(`the documentation has no topic ${name}: ${hint}`)
}

function listed(topics: ReadonlyMap<string, Topic>): string {
  const width = Math.max(...[...topics.keys()].map(name => name.length))
  const lines = [...topics].map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}\n`)
  return `Usage: hyperfleet docs TOPIC\n\n${lines.join('')}`
}

function read(path: string): string {
  return (embeddedFile(path) ?? readFileSync(new URL(path, ROOT))).toString('utf8')
}
