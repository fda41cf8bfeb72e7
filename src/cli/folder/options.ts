// The command lines of the commands around the data folder: each works on the folder that `serve` would use.
import { parseArgs } from 'node:util'
import { UsageError } from '../command.ts'
import { processConfiguration } from '../configuration.ts'

/** The flags that all of them take, as lines of help. */
export const STORAGE_PATH_HELP = `  --storage-path FOLDER  data folder (by default that of the configuration, else ./data)
  --config FILE          file of settings, as for 'hyperfleet serve'`

const SETTINGS_FLAGS = ['storage-path', 'config'] as const

export interface FolderArguments<F extends string> {
  /** The data folder. */
  readonly path: string
  readonly commitDeadlineMs: number
  readonly positionals: readonly string[]
  /** Those of the switches that were given. */
  readonly switches: ReadonlySet<F>
  readonly output: string | undefined
}

export interface FolderForm<F extends string> {
  readonly command: string
  /** Flags without a value. */
  readonly switches?: readonly F[]
  readonly takesOutput?: boolean
  /** How many names may follow, and what they are called. */
  readonly names: { readonly least: number; readonly most: number; readonly called: string }
}

/**
 * @throws UsageError that says what is wrong and what is allowed
 * @throws SettingsError when the environment or the file of settings holds a wrong one
 */
export function readArguments<F extends string = never>(
  args: readonly string[],
  form: FolderForm<F>,
): FolderArguments<F> {
  const { values, positionals } = readFlags(args, form)
  const { least, most, called } = form.names
  if (positionals.length < least || positionals.length > most)
    throw new UsageError(`${form.command} takes ${called}, not '${positionals.join(' ')}'`)
  const flags = SETTINGS_FLAGS.flatMap(name => (values.has(name) ? [`--${name}=${values.get(name)}`] : []))
  const { storage } = processConfiguration(flags).settings
  const output = values.get('output')
  return {
    path: storage.path,
    commitDeadlineMs: storage.commitDeadlineMs,
    positionals,
    switches: new Set((form.switches ?? []).filter(name => values.get(name) === true)),
    output: typeof output === 'string' ? output : undefined,
  }
}

function readFlags<F extends string>(args: readonly string[], { switches = [], takesOutput }: FolderForm<F>) {
  const options = {
    ...Object.fromEntries(SETTINGS_FLAGS.map(name => [name, { type: 'string' } as const])),
    ...(takesOutput === true ? { output: { type: 'string', short: 'o' } as const } : {}),
    ...Object.fromEntries(switches.map(name => [name, { type: 'boolean' } as const])),
  } as const
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options,
      strict: true,
      allowPositionals: true,
    })
    return { values: new Map<string, unknown>(Object.entries(values)), positionals }
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}
