// `hyperfleet config`: prints the settings that `hyperfleet serve` would use with the same flags, and the source of each. Or
// checks that the server would start with them.
import { performance } from 'node:perf_hooks'
import type { Configuration } from '../config/settings.ts'
import { settingObjects, settingRows, settingsYaml } from '../config/shown.ts'
import { type Command, EXIT, UsageError } from './command.ts'
import { type Flag, flagLines } from './flags/flag.ts'
import { CONFIG_FLAG } from './flags/global-flags.ts'
import { processConfiguration, settingFlags } from './flags/settings.ts'
import { alignedTable } from './terminal/table.ts'

const OUTPUTS = ['table', 'json', 'yaml'] as const
type Form = (typeof OUTPUTS)[number] | 'check'

const OWN_FLAGS = [
  {
    name: 'output',
    short: 'o',
    value: 'table|json|yaml',
    meaning: 'table, json or yaml; the YAML is a valid settings file',
    fallback: 'table',
    choices: OUTPUTS,
  },
  {
    name: 'check',
    meaning:
      'check what a start would check, including files; print every fault; exit with code 2 if there is any',
  },
] as const satisfies readonly Flag[]

export const config: Command = {
  help: () => `Usage: hyperfleet config [-o json|yaml] [--check] [flags of serve]

Prints the settings that 'hyperfleet serve' would use with the same flags, and the source of each value: a default, a line of a
file, an environment variable or a flag. Secrets are masked.

--check performs the checks that 'hyperfleet serve' performs before it opens the data folder and its ports: it reads the
certificate, the key set and the OpenAPI document, and fetches nothing from the network.

${flagLines([...OWN_FLAGS, CONFIG_FLAG])}

It also takes every flag of 'hyperfleet serve'.`,
  examples: [
    ['hyperfleet config'],
    ['hyperfleet config --check --config /etc/hyperfleet/config.yaml'],
    ['hyperfleet config -o yaml > config.yaml'],
  ],
  get flags() {
    return [...OWN_FLAGS, CONFIG_FLAG, ...settingFlags()]
  },
  async run(args, output) {
    const { form, flags } = readOptions(args)
    const configuration = processConfiguration(flags)
    const { inForce, file, warnings } = configuration
    for (const warning of warnings) warn(warning)
    switch (form) {
      case 'check':
        await checkStart(configuration)
        output.write(`the configuration is valid (${file ?? 'no file'})\n`)
        break
      case 'json':
        output.write(
          `${JSON.stringify({ file: file ?? null, settings: settingObjects(inForce) }, null, 2)}\n`,
        )
        break
      case 'yaml':
        output.write(settingsYaml(inForce))
        break
      case 'table':
        output.write(`${alignedTable(COLUMNS, settingRows(inForce))}\n`)
    }
    return EXIT.ok
  },
}

function warn(warning: string): void {
  console.error(`hyperfleet: ${warning}`)
}

/**
 * Prepares a server as a start does, then closes it.
 * @throws SettingsError that lists all faults
 */
async function checkStart({ settings, original }: Configuration): Promise<void> {
  // Imported only when needed: it loads most of the server.
  const { prepare } = await import('../start/preparation.ts')
  const { Lifecycle } = await import('../start/lifecycle.ts')
  const { pino } = await import('pino')
  const log = pino({ level: 'warn' }, { write: line => warn(JSON.parse(line).msg) })
  const life = new Lifecycle()
  try {
    prepare({ settings, original, log, machineMs: Date.now, nowMs: () => performance.now() }, life)
  } finally {
    await life.close()
  }
}

const COLUMNS = [
  { title: 'setting', align: 'left' },
  { title: 'value', align: 'left' },
  { title: 'from', align: 'left' },
] as const

/** Separates the command's own flags from the flags of `serve`. */
function readOptions(args: readonly string[]): { form: Form; flags: string[] } {
  const flags: string[] = []
  let form: Form = 'table'
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? ''
    if (arg === '--check') form = 'check'
    else if (arg === '-o' || arg === '--output') form = readForm(args[++i])
    else if (arg.startsWith('--output=')) form = readForm(arg.slice('--output='.length))
    else flags.push(arg)
  }
  return { form, flags }
}

function readForm(text: string | undefined): Form {
  const form = OUTPUTS.find(candidate => candidate === text)
  if (form !== undefined) return form
  throw new UsageError(`--output is '${text ?? ''}': must be one of ${OUTPUTS.join(', ')}`)
}
