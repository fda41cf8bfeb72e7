// All commands, in the order of the help. A command's code is loaded when the command is called: loading the server takes
// longer than most commands take to run.
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
    name: 'count',
    summary: 'count clusters or nodepools by the values of fields',
    load: async () => (await import('./count.ts')).count,
  },
  {
    name: 'describe',
    summary: 'show everything about a cluster or nodepool',
    load: async () => (await import('./describe.ts')).describe,
  },
  {
    name: 'create',
    summary: 'create clusters and nodepools',
    load: async () => (await import('./create.ts')).create,
  },
  {
    name: 'apply',
    summary: 'create or change clusters and nodepools to match documents',
    load: async () => (await import('./apply.ts')).apply,
  },
  {
    name: 'patch',
    summary: 'replace the spec or the labels of a cluster or nodepool',
    load: async () => (await import('./patch.ts')).patch,
  },
  {
    name: 'label',
    summary: 'set or remove individual labels of clusters and nodepools',
    load: async () => (await import('./label.ts')).label,
  },
  {
    name: 'delete',
    summary: 'delete clusters and nodepools',
    load: async () => (await import('./delete.ts')).deleteCommand,
  },
  {
    name: 'force-delete',
    summary: 'remove clusters and nodepools whose deletion does not end',
    load: async () => (await import('./force-delete.ts')).forceDelete,
  },
  {
    name: 'wait',
    summary: 'wait for a condition of clusters or nodepools, or until they are gone',
    load: async () => (await import('./wait/command.ts')).wait,
  },
  {
    name: 'watch',
    summary: 'print the changes of clusters or nodepools as they happen',
    load: async () => (await import('./watch.ts')).watch,
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
    summary: 'check that the server on this machine is alive or ready',
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
    summary: 'copy the fleet, even while the server runs',
    load: async () => (await import('./backup.ts')).backup,
  },
  {
    name: 'restore',
    summary: 'restore a backup to the data folder',
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
    summary: 'create a data folder from an export or an original server',
    load: async () => (await import('./import/command.ts')).importCommand,
  },
  {
    name: 'cluster',
    summary: 'begin a cluster of servers, show it, or leave it',
    load: async () => (await import('./cluster.ts')).cluster,
  },
  {
    name: 'completion',
    summary: 'print the completion script for a shell',
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

/** Loads every command with its flags and operands, for completion and the documentation. */
export function loadCommands(): Promise<LoadedCommand[]> {
  return Promise.all(
    COMMANDS.map(async ({ name, summary, load }) => ({ name, summary, ...described(await load()) })),
  )
}

/** Evaluates the command's getters. */
function described({ help, examples, flags = [], operands = [], run }: Command): Command {
  return { help, examples, flags, operands, run }
}

/** The help of `hyperfleet` itself. */
export function overview(): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length))
  const lines = COMMANDS.map(({ name, summary }) => `  ${name.padEnd(width)} ${summary}`)
  const exits = EXIT_MEANINGS.map(([code, meaning]) => `  ${String(code).padEnd(width)} ${meaning}`)
  return [
    'Usage: hyperfleet [--server URL] COMMAND [flags]',
    '',
    ...lines,
    '',
    'Exit codes:',
    ...exits,
    '',
    'hyperfleet COMMAND --help shows the flags of a command; -v prints the version. Flags that select the server, such as',
    '--server and --token-file, may also precede the command.',
  ].join('\n')
}
