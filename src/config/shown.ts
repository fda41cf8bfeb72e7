// Prints the configuration in force: a table for people, JSON for programs, or YAML that is a valid settings file.
import { type Given, type Origin, originText } from './origin.ts'
import { masked } from './value.ts'
import { sectionsYaml, settingYaml } from './yaml-lines.ts'

/** One row for each setting: name, value as JSON, origin. */
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

/** All settings with their other names, for programs. */
export function settingObjects(inForce: readonly Given[]): SettingShown[] {
  return inForce.map(({ leaf, value, origin }) => ({
    name: leaf.name,
    value: masked(leaf, value),
    origin,
    flag: `--${leaf.flag}`,
    variable: leaf.variable,
  }))
}

/** A settings file with the values in force; masked ones are commented out. */
export function settingsYaml(inForce: readonly Given[]): string {
  return sectionsYaml(
    inForce.map(({ leaf, value, origin }) => {
      const safe = masked(leaf, value)
      const line = `${settingYaml(leaf, safe)} # ${originText(origin)}`
      return { leaf, lines: [safe === value ? line : `# ${line}`] }
    }),
  )
}
