// `hyperfleet config`: prints the settings that `hyperfleet serve` with the same flags would use and where each comes from, or
// checks that it would start with them.
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
    meaning: 'table, or a form for programs; the YAML is a file of settings',
    fallback: 'table',
    choices: OUTPUTS,
  },
  {
    name: 'check',
    meaning:
      'only check what a start checks, files included: print every fault, and end with code 2 if there is one',
  },
] as const satisfies readonly Flag[]

export const config: Command = {
  help: () => `Usage: hyperfleet config [-o json|yaml] [--check] [flags of serve]

Prints the settings that 'hyperfleet serve' with the same flags would use, and where each value comes from: a default, a line
of a file, an environment variable or a flag. Secrets are masked.

--check does what 'hyperfleet serve' does before it opens the data folder and its ports: it reads the certificate, the key set
and the OpenAPI document, and fetches nothing.

${flagLines([...OWN_FLAGS, CONFIG_FLAG])}

It takes every flag of 'hyperfleet serve' too.`,
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
 * Makes what a start makes of the settings, and lets go of it.
 * @throws SettingsError that lists all that is wrong
 */
async function checkStart({ settings, original }: Configuration): Promise<void> {
  // Loaded only here: it brings most of the server with it.
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

/** Takes the command's own options out of the flags. */
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
