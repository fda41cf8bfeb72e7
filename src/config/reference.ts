// Documentation of the settings, generated from their schema: the tables of docs/guide/configuration.md and the example file.
import { type SettingLeaf, settingLeaves } from './schema.ts'
import { allowed } from './value.ts'
import { sectionsYaml, settingYaml } from './yaml-lines.ts'

const TABLE_HEAD = '| setting | environment variable | default | allowed | meaning |\n|---|---|---|---|---|'

const EXAMPLE_HEAD = `# Every setting of the server, commented out, with its default. Copy this file to configs/config.yaml or
# /etc/hyperfleet/config.yaml, and take the # away before what you want to be different. docs/guide/configuration.md tells more;
# 'hyperfleet config' shows what is in force and where it comes from.
`

/** Lines of the page that enclose the tables. */
const [TABLES_BEGIN, TABLES_END] = [
  '<!-- settings: made from the schema -->',
  '<!-- end of settings -->',
] as const

/** Replaces the tables in the page. Throws if the page has no place for them. */
export function withSettingTables(page: string): string {
  const [before, rest] = page.split(TABLES_BEGIN)
  const [, after] = rest?.split(TABLES_END) ?? []
  if (before === undefined || after === undefined) throw new Error(`the page has no ${TABLES_BEGIN}`)
  return `${before}${TABLES_BEGIN}\n\n${settingTables()}\n\n${TABLES_END}${after}`
}

function settingTables(): string {
  const sections = new Map<string, string[]>()
  for (const leaf of settingLeaves()) {
    const section = leaf.path[0] ?? ''
    sections.set(section, [...(sections.get(section) ?? []), settingRow(leaf)])
  }
  return [...sections]
    .map(([section, rows]) => `### ${section}\n\n${TABLE_HEAD}\n${rows.join('\n')}`)
    .join('\n\n')
}

export function exampleFile(): string {
  const settings = settingLeaves().map(leaf => ({
    leaf,
    lines: [`# ${leaf.schema.description}`, `#${settingYaml(leaf, leaf.schema.default)}`],
  }))
  return `${EXAMPLE_HEAD}\n${sectionsYaml(settings)}`
}

function settingRow(leaf: SettingLeaf): string {
  const { name, variable, schema, isSecret, isReloadable } = leaf
  const text = typeof schema.default === 'string' ? schema.default : JSON.stringify(schema.default)
  const fallback = text === '' ? '(empty)' : `\`${text}\``
  const notes = [isSecret ? 'secret' : '', isReloadable ? 'SIGHUP puts a new value in force' : ''].filter(
    Boolean,
  )
  const meaning = [schema.description ?? '', ...notes].join('; ').replaceAll('|', '\\|')
  return `| \`${name}\` | \`${variable}\` | ${fallback} | ${rule(leaf)} | ${meaning} |`
}

function rule(leaf: SettingLeaf): string {
  return (allowed(leaf, 'text') ?? 'text').replace(/^must be (an? )?/, '')
}
