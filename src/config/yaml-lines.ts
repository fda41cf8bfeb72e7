// Writes settings as YAML: sections as in the schema, each setting on its own line.
import { stringify } from 'yaml'
import type { SettingLeaf } from './schema.ts'

/** Lines that show one setting. */
export interface SettingLines {
  readonly leaf: SettingLeaf
  /** Lines without indentation. */
  readonly lines: readonly string[]
}

/** Lines of all settings in schema order, under the names of their sections. */
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

/** `port: 8000`: always on one line. */
export function settingYaml(leaf: SettingLeaf, value: unknown): string {
  const text = Array.isArray(value)
    ? JSON.stringify(value)
    : stringify(value, { lineWidth: 0, singleQuote: true, blockQuote: false }).trimEnd()
  return `${leaf.path.at(-1)}: ${text}`
}
