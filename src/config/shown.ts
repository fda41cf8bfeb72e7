// The configuration in force, printed: as a table for people, as JSON for programs, as YAML that is a file of settings.
import { stringify } from 'yaml'
import type { Given, Origin } from './origin.ts'
import { originText } from './origin.ts'
import { masked } from './value.ts'

/** One row for each setting: its name, its value as JSON, its origin. */
export function settingRows(inForce: readonly Given[]): string[][] {
  return inForce.map(({ leaf, value, origin }) => [
    leaf.name,
    JSON.stringify(masked(leaf, value)),
    originText(origin),
  ])
}

export interface SettingShown {
  readonly name: string
  readonly value: unknown
  readonly origin: Origin
  readonly flag: string
  readonly variable: string
}

/** For programs: the same, with the other names of each setting. */
export function settingObjects(inForce: readonly Given[]): SettingShown[] {
  return inForce.map(({ leaf, value, origin }) => ({
    name: leaf.name,
    value: masked(leaf, value),
    origin,
    flag: `--${leaf.flag}`,
    variable: leaf.variable,
  }))
}

/** A file of settings that puts the same in force; what is masked is commented out. */
export function settingsYaml(inForce: readonly Given[]): string {
  return yamlLines(
    inForce.map(({ leaf, value, origin }) => {
      const safe = masked(leaf, value)
      return { path: leaf.path, value: safe, note: originText(origin), isComment: safe !== value }
    }),
  )
}

export interface YamlSetting {
  readonly path: readonly string[]
  readonly value: unknown
  /** Stands behind the value as a comment. */
  readonly note: string
  /** Whether the setting is there only as a comment. */
  readonly isComment: boolean
}

/** Nested sections with a line for each setting. */
export function yamlLines(settings: readonly YamlSetting[]): string {
  const lines: string[] = []
  let before: readonly string[] = []
  for (const { path, value, note, isComment } of settings) {
    const sections = path.slice(0, -1)
    const shared = sections.findIndex((section, i) => section !== before[i])
    for (let i = shared === -1 ? sections.length : shared; i < sections.length; i++)
      lines.push(`${'  '.repeat(i)}${sections[i]}:`)
    const setting = `${path.at(-1)}: ${inlineYaml(value)}`
    lines.push(
      `${'  '.repeat(sections.length)}${isComment ? '# ' : ''}${setting}${note === '' ? '' : ` # ${note}`}`,
    )
    before = sections
  }
  return `${lines.join('\n')}\n`
}

/** The value on one line. */
function inlineYaml(value: unknown): string {
  if (Array.isArray(value)) return JSON.stringify(value)
  return stringify(value, { lineWidth: 0, singleQuote: true, blockQuote: false }).trimEnd()
}
