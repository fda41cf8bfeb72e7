// The order of the rooms in src/, from the door to the ground: a file imports from its own room and from those below it. A
// room is a folder, or a file that lies in none.

export interface Room {
  readonly name: string
  /** What it is for, in a few words. */
  readonly purpose: string
}

export const FLOW: readonly Room[] = [
  { name: 'cli', purpose: 'the command line' },
  { name: 'main', purpose: 'composes the server' },
  {
    name: 'start',
    purpose: 'the parts of a start: checks before anything is opened, the data folder, what closes them',
  },
  { name: 'observe', purpose: 'logs, metrics, traces, health' },
  { name: 'http', purpose: 'two engines, requests and their answers' },
  {
    name: 'ops',
    purpose: 'work on a data folder: backup, export, import, audit, the socket of a running server',
  },
  { name: 'api', purpose: 'schemas and operations of the wire, and the OpenAPI document from them' },
  { name: 'search', purpose: 'from the text of a search to a page' },
  { name: 'config', purpose: 'settings: flags, environment, file, defaults' },
  { name: 'fleet', purpose: 'decides: create, change, report, conditions' },
  { name: 'index', purpose: 'posting lists, bitmaps and columns' },
  { name: 'store', purpose: 'makes the state durable: journal, snapshot, recovery' },
  { name: 'state', purpose: 'the fleet in memory: records and the documents that they are' },
  { name: 'binary', purpose: 'what the build put beside the program or into it' },
  { name: 'wire', purpose: 'values on the wire: JSON, times, text' },
]

/** Tools beside the server: clients of it that are commands, too. */
export const TOOLS = {
  /** The rooms that a tool may import from: the command line, and the schemas and values of the wire. */
  imports: ['cli', 'api', 'fleet', 'state', 'wire'],
  /** The one file of src/ that may import a tool, and only when its command is called. */
  importer: 'cli/commands.ts',
} as const
