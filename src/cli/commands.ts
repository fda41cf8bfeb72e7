// All commands, in the order of the help. Each is loaded when it is called: what serves, stores and checks takes longer to
// load than most commands take to run.
import { type Command, EXIT_MEANINGS } from './command.ts'

export interface CommandEntry {
  readonly name: string
  /** One line for the list of commands. */
  readonly summary: string
  readonly load: () => Promise<Command>
}

export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'serve',
    summary: 'run the API server',
    load: async () => (await import('./serve/command.ts')).serve,
  },
  {
    name: 'get',
    summary: 'list clusters, nodepools or statuses',
    load: async () => (await import('./get/command.ts')).get,
  },
  {
    name: 'describe',
    summary: 'show a cluster or nodepool with all around it',
    load: async () => (await import('./describe.ts')).describe,
  },
  {
    name: 'create',
    summary: 'create clusters and nodepools',
    load: async () => (await import('./create.ts')).create,
  },
  {
    name: 'apply',
    summary: 'create or change clusters and nodepools as documents say',
    load: async () => (await import('./apply.ts')).apply,
  },
  {
    name: 'patch',
    summary: 'replace the spec or the labels of a cluster or nodepool',
    load: async () => (await import('./patch.ts')).patch,
  },
  {
    name: 'label',
    summary: 'set and remove single labels of clusters and nodepools',
    load: async () => (await import('./label.ts')).label,
  },
  {
    name: 'wait',
    summary: 'wait until clusters or nodepools have a condition',
    load: async () => (await import('./wait.ts')).wait,
  },
  {
    name: 'report',
    summary: 'report the status of a cluster or nodepool, as an adapter does',
    load: async () => (await import('./report.ts')).report,
  },
  {
    name: 'config',
    summary: 'show or check the configuration',
    load: async () => (await import('./config.ts')).config,
  },
  {
    name: 'health',
    summary: 'ask whether the server of this machine lives, or is ready',
    load: async () => (await import('./health.ts')).health,
  },
  {
    name: 'explain',
    summary: 'show how a running server answers a search',
    load: async () => (await import('./explain.ts')).explain,
  },
  {
    name: 'simulate',
    summary: 'fill a running server with a fleet and play its adapters',
    load: async () => (await import('../../tools/simulate/command.ts')).simulate,
  },
  {
    name: 'backup',
    summary: 'copy the fleet, of a running server too',
    load: async () => (await import('./backup.ts')).backup,
  },
  {
    name: 'restore',
    summary: 'put a backup in the place of the data folder',
    load: async () => (await import('./restore.ts')).restore,
  },
  {
    name: 'verify',
    summary: 'check every record of a data folder or backup',
    load: async () => (await import('./verify.ts')).verify,
  },
  {
    name: 'export',
    summary: 'write the fleet as JSON Lines',
    load: async () => (await import('./export.ts')).exportCommand,
  },
  {
    name: 'import',
    summary: 'make a data folder out of an export',
    load: async () => (await import('./import.ts')).importCommand,
  },
  {
    name: 'completion',
    summary: 'print the completion script of a shell',
    load: async () => (await import('./completion/command.ts')).completionCommand(loadCommands),
  },
  {
    name: 'docs',
    summary: 'print the documentation',
    load: async () => (await import('./docs.ts')).docs,
  },
  {
    name: 'version',
    summary: 'print version, commit, HTTP engine and Node',
    load: async () => (await import('./version.ts')).version,
  },
]

/** A command with its name. */
export type LoadedCommand = Command & Omit<CommandEntry, 'load'>

/** Every command with all that it takes, for completion and documents. */
export function loadCommands(): Promise<LoadedCommand[]> {
  return Promise.all(
    COMMANDS.map(async ({ name, summary, load }) => ({ name, summary, ...described(await load()) })),
  )
}

/** Getters of a command are read. */
function described({ help, examples, flags = [], operands = [], run }: Command): Command {
  return { help, examples, flags, operands, run }
}

/** The help of `hyperfleet` itself. */
export function overview(): string {
  const lines = COMMANDS.map(({ name, summary }) => `  ${name.padEnd(10)} ${summary}`)
  const exits = EXIT_MEANINGS.map(([code, meaning]) => `  ${String(code).padEnd(10)} ${meaning}`)
  return [
    'Usage: hyperfleet [--server URL] COMMAND [flags]',
    '',
    ...lines,
    '',
    'Exit codes:',
    ...exits,
    '',
    'hyperfleet COMMAND --help tells more; -v prints the version. The flags that say which server is meant, such as',
    '--server and --token-file, also go before the command.',
  ].join('\n')
}
