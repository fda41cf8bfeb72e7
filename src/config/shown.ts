// The configuration in force, printed: as a table for people, as JSON for programs, as YAML that is a file of settings.
import { type Given, type Origin, originText } from './origin.ts'
import { masked } from './value.ts'
import { sectionsYaml, settingYaml } from './yaml-lines.ts'

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
  return sectionsYaml(
    inForce.map(({ leaf, value, origin }) => {
      const safe = masked(leaf, value)
      const line = `${settingYaml(leaf, safe)} # ${originText(origin)}`
      return { leaf, lines: [safe === value ? line : `# ${line}`] }
    }),
  )
}
