// Command lines of the commands for the data folder. Each uses the folder that `serve` would use.
import type { Settings } from '../../config/schema.ts'
import { notGiven, UsageError } from '../command.ts'
import type { Flag } from '../flags/flag.ts'
import { readArguments } from '../flags/flag-reader.ts'
import { CONFIG_FLAG } from '../flags/global-flags.ts'
import { processConfiguration } from '../flags/settings.ts'

/** Flags that all of these commands take. */
export const FOLDER_FLAGS = [
  {
    name: 'storage-path',
    value: 'FOLDER',
    meaning: 'data folder (default: from the configuration, else ./data)',
    completes: 'folder',
  },
  CONFIG_FLAG,
] as const satisfies readonly Flag[]

export interface FolderArguments {
  /** The data folder. */
  readonly path: string
  readonly commitDeadlineMs: number
  /** All settings of the server. */
  readonly settings: Settings
  readonly positionals: readonly string[]
  /** The value of another flag; empty for a switch. */
  readonly text: (name: string) => string | undefined
}

export interface FolderForm {
  readonly command: string
  /** All flags of the command, including FOLDER_FLAGS. */
  readonly flags: readonly Flag[]
  /** The number of operands, and their name in messages. */
  readonly names: { readonly least: number; readonly most: number; readonly called: string }
}

/**
 * @throws UsageError that says what is wrong and what is allowed
 * @throws SettingsError if the environment or the settings file contains an invalid setting
 */
export function readFolderArguments(args: readonly string[], form: FolderForm): FolderArguments {
  const { operands, text } = readArguments(form.command, form.flags, args)
  const { least, most, called } = form.names
  if (operands.length < least || operands.length > most)
    throw new UsageError(`${form.command} takes ${called}${notGiven(operands)}`)
  const flags = FOLDER_FLAGS.flatMap(({ name }) => {
    const value = text(name)
    return value === undefined ? [] : [`--${name}=${value}`]
  })
  const { settings } = processConfiguration(flags)
  const { path, commitDeadlineMs } = settings.storage
  return { path, commitDeadlineMs, settings, positionals: operands, text }
}
