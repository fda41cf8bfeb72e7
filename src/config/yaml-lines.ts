// Settings written as YAML: sections as the schema has them, each setting on a line of its own.
import { stringify } from 'yaml'
import type { SettingLeaf } from './schema.ts'

/** What stands in the place of a setting. */
export interface SettingLines {
  readonly leaf: SettingLeaf
  /** Without indentation. */
  readonly lines: readonly string[]
}

/** The lines of all settings, in the order of the schema, under the names of their sections. */
export function sectionsYaml(settings: readonly SettingLines[]): string {
  const text: string[] = []
  let open: readonly string[] = []
  for (const { leaf, lines } of settings) {
    const sections = leaf.path.slice(0, -1)
    const firstNew = sections.findIndex((section, i) => section !== open[i])
    for (const [i, section] of sections.entries())
      if (firstNew !== -1 && i >= firstNew) text.push(`${'  '.repeat(i)}${section}:`)
    text.push(...lines.map(line => '  '.repeat(sections.length) + line))
    open = sections
  }
  return `${text.join('\n')}\n`
}

/** `port: 8000`, on one line whatever the value. */
export function settingYaml(leaf: SettingLeaf, value: unknown): string {
  const text = Array.isArray(value)
    ? JSON.stringify(value)
    : stringify(value, { lineWidth: 0, singleQuote: true, blockQuote: false }).trimEnd()
  return `${leaf.path.at(-1)}: ${text}`
}
