// The order of the rooms in src/, from top to bottom. A file imports from its own room and from rooms below it. A room is a
// folder, or a file outside any folder.

export interface Room {
  readonly name: string
  /** A few words for docs/ARCHITECTURE.md. */
  readonly purpose: string
}

export const FLOW: readonly Room[] = [
  { name: 'cli', purpose: 'the command line' },
  { name: 'main', purpose: 'composes the server' },
  {
    name: 'start',
    purpose:
      'the parts of a start: checks before anything is opened, the data folder, the fleet, an orderly close',
  },
  { name: 'observe', purpose: 'logs, metrics, traces, health' },
  { name: 'http', purpose: 'two engines, requests and their answers' },
  {
    name: 'ops',
    purpose: 'work on a data folder: backup, export, import, audit, the socket of a running server',
  },
  { name: 'api', purpose: 'schemas and operations of the wire, and the OpenAPI document from them' },
  { name: 'watch', purpose: 'streams of the changes of what matches a search' },
  { name: 'search', purpose: 'from the text of a search to a page' },
  { name: 'config', purpose: 'settings: flags, environment, file, defaults' },
  { name: 'fleet', purpose: 'decides: create, change, report, conditions' },
  { name: 'index', purpose: 'posting lists, bitmaps and columns' },
  {
    name: 'replication',
    purpose: 'several servers on one journal: following it, becoming its writer, its fence',
  },
  { name: 'store', purpose: 'makes the state durable: journal, snapshot, recovery' },
  { name: 'state', purpose: 'the fleet in memory: records, stored as documents' },
  { name: 'binary', purpose: 'files that the build adds to the program' },
  { name: 'wire', purpose: 'values on the wire: JSON, times, text' },
]

/** Tools next to the server: clients that are also commands. */
export const TOOLS = {
  /** Rooms that a tool may import from: the command line, and the schemas and values of the wire. */
  imports: ['cli', 'api', 'fleet', 'state', 'wire'],
  /** The only file of src/ that may import a tool, and only when its command is called. */
  importer: 'cli/commands.ts',
} as const
