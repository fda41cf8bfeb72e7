// The command lines of the commands around the data folder: each works on the folder that `serve` would use.
import { UsageError } from '../command.ts'
import type { Flag } from '../flags/flag.ts'
import { readArguments } from '../flags/flag-reader.ts'
import { CONFIG_FLAG } from '../flags/global-flags.ts'
import { processConfiguration } from '../flags/settings.ts'

/** The flags that all of them take. */
export const FOLDER_FLAGS = [
  {
    name: 'storage-path',
    value: 'FOLDER',
    meaning: 'data folder (by default that of the configuration, else ./data)',
    completes: 'folder',
  },
  CONFIG_FLAG,
] as const satisfies readonly Flag[]

export interface FolderArguments {
  /** The data folder. */
  readonly path: string
  readonly commitDeadlineMs: number
  readonly positionals: readonly string[]
  /** The value of another flag of the command; empty for a switch that was given. */
  readonly text: (name: string) => string | undefined
}

export interface FolderForm {
  readonly command: string
  /** All of them, FOLDER_FLAGS included. */
  readonly flags: readonly Flag[]
  /** The number of names that may follow, and their name in messages. */
  readonly names: { readonly least: number; readonly most: number; readonly called: string }
}

/**
 * @throws UsageError that says what is wrong and what is allowed
 * @throws SettingsError when the environment or the file of settings holds a wrong one
 */
export function readFolderArguments(args: readonly string[], form: FolderForm): FolderArguments {
  const { operands, text } = readArguments(form.command, form.flags, args)
  const { least, most, called } = form.names
  if (operands.length < least || operands.length > most)
    throw new UsageError(`${form.command} takes ${called}, not '${operands.join(' ')}'`)
  const flags = FOLDER_FLAGS.flatMap(({ name }) => {
    const value = text(name)
    return value === undefined ? [] : [`--${name}=${value}`]
  })
  const { storage } = processConfiguration(flags).settings
  return { path: storage.path, commitDeadlineMs: storage.commitDeadlineMs, positionals: operands, text }
}
