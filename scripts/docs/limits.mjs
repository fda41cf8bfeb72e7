// Writes the tables of docs/guide/limits.md with numbers read from the code. --check writes nothing, and ends with code 1 if the
// page is out of date.
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { settingLeaves } from '../../dist/src/config/schema.js'
import { DEFAULT_LIMITS, IDLE_MS, MAX_HEAD_BYTES } from '../../dist/src/http/transport/limits.js'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const path = join(root, 'docs/guide/limits.md')
const [BEGIN, END] = ['<!-- limits: made from the code -->', '<!-- end of limits -->']
const settings = new Map(settingLeaves().map(leaf => [leaf.name, leaf.schema.default]))

/** The value of `const NAME = …` in a source file. */
function constant(file, name) {
  const text = readFileSync(join(root, file), 'utf8')
  const [, value] = new RegExp(`const ${name} = ([\\d_*<. ]+)$`, 'm').exec(text) ?? []
  if (value === undefined) throw new Error(`${file} has no constant ${name}`)
  return value.includes('<<')
    ? value.split('<<').reduce((base, shift) => Number(base) * 2 ** Number(shift))
    : value
        .replaceAll('_', '')
        .split('*')
        .reduce((product, factor) => product * Number(factor), 1)
}

/** The number after a piece of text in a source file. */
function numberAfter(file, piece) {
  const [, rest] = readFileSync(join(root, file), 'utf8').split(piece)
  const [value] = /^[\d_]+/.exec(rest ?? '') ?? []
  if (value === undefined) throw new Error(`${file} has no ${piece}`)
  return Number(value.replaceAll('_', ''))
}

function count(value) {
  return value.toLocaleString('en-US')
}

function bytes(value) {
  if (value % 2 ** 20 === 0) return `${value / 2 ** 20} MiB`
  if (value >= 8192 && value % 1024 === 0) return `${value / 1024} KiB`
  return `${count(value)} bytes`
}

function time(ms) {
  const [amount, unit] =
    ms % 3_600_000 === 0
      ? [ms / 3_600_000, 'hour']
      : ms % 60_000 === 0
        ? [ms / 60_000, 'minute']
        : [ms / 1000, 'second']
  return `${amount} ${unit}${amount === 1 ? '' : 's'}`
}

/** The default of a setting, and its name for the table. */
function setting(name, format) {
  const value = settings.get(name)
  if (value === undefined) throw new Error(`there is no setting ${name}`)
  return { value: value === 0 ? 'none' : format(value), setting: name }
}

const fixed = value => ({ value, setting: '' })
const SVC = '503 `HYPERFLEET-SVC-001` with `Retry-After`'
const VAL = '400 `HYPERFLEET-VAL-000`'
const SEARCH = '400 `HYPERFLEET-VAL-005`'
const RANGE = '400 `HYPERFLEET-VAL-004`'

const keys = 'src/http/auth/remote-keys.ts'
const tokens = 'src/http/auth/token-memory.ts'
const rates = 'src/http/admission/rate-limit.ts'
const parse = 'src/search/syntax/parse.ts'
const turns = 'src/search/run/turns.ts'
const facets = 'src/search/facets/fields.ts'
const facetRequest = 'src/http/facet-request.ts'
const requests = 'src/api/requests.ts'
const resources = 'src/api/resources.ts'
const store = 'src/store/store.ts'
const cascades = 'src/fleet/cascades.ts'
const copies = 'src/ops/control/listener.ts'
const peerCopies = 'src/http/cluster/copies.ts'
const log = 'src/observe/log/output.ts'

/** Every section with its rows: the limit, its value and setting, and the behaviour at the limit. */
function sections() {
  return [
    [
      'A request',
      [
        ['request head', fixed(bytes(MAX_HEAD_BYTES)), '431, or the connection is closed'],
        ['request body', setting('server.bodyLimitBytes', bytes), '413 `HYPERFLEET-VAL-009`'],
        [
          'time for a body to arrive',
          setting('server.bodyDeadlineMs', time),
          '400 `HYPERFLEET-VAL-006`; the connection is closed',
        ],
        ['nesting of a body', fixed(`${constant(requests, 'MAX_DEPTH')} levels`), '400 `HYPERFLEET-VAL-006`'],
        [
          'requests in a second from one client',
          setting('limits.ratePerSecond', count),
          '429 `HYPERFLEET-LMT-001` with `Retry-After`',
        ],
        [
          'clients whose rate is remembered',
          fixed(count(constant(rates, 'MAX_CLIENTS'))),
          'the client that was silent longest starts with a full burst',
        ],
        ['requests being decided, all bytes received', setting('limits.requestsInFlight', count), SVC],
        ['watches and waiting reads', setting('limits.openReads', count), SVC],
        [
          'watches and waiting reads of one client',
          setting('limits.openReadsPerClient', count),
          '429 `HYPERFLEET-LMT-001` with `Retry-After`',
        ],
        ['different searches of watches and waiting reads', setting('limits.openSearches', count), SVC],
        [
          'different searches with relative times among them',
          setting('limits.openRelativeSearches', count),
          SVC,
        ],
        [
          'changed resources that a watch is behind',
          fixed(count(constant('src/watch/watcher.ts', 'MAX_BEHIND'))),
          'the watch begins with `RESET`',
        ],
        [
          'removed resources that are retained for watches',
          setting('watches.retainedRemovals', count),
          'a watch that needs an older one begins with `RESET`',
        ],
        ['request bodies in memory, together', fixed(bytes(DEFAULT_LIMITS.bodiesBytes)), SVC],
      ],
    ],
    [
      'A connection',
      [
        ['connections', setting('limits.connections', count), 'closed at once'],
        [
          'idle time, and time for a request head',
          fixed(`${time(IDLE_MS)} (8 to 12)`),
          'closed; a proxy in front must close its own idle connections after less than 8 seconds',
        ],
        [
          'requests sent behind a write that is not answered yet (native engine)',
          fixed('none'),
          'the connection is closed',
        ],
        [
          'time to read an answer that is not taken at once',
          setting('server.answerDeadlineMs', time),
          'the connection is closed',
        ],
        [
          `answers over ${bytes(DEFAULT_LIMITS.streamingBytes)} in flight, together`,
          fixed(bytes(DEFAULT_LIMITS.inFlightBytes)),
          SVC,
        ],
      ],
    ],
    [
      'A list and a search',
      [
        ['`search`', fixed(bytes(constant(parse, 'MAX_QUERY_BYTES'))), SEARCH],
        ['nesting of `search`', fixed(`${constant(parse, 'MAX_QUERY_DEPTH')} levels`), SEARCH],
        [
          'keys of a path in `spec`',
          fixed(`${constant('src/index/spec-path.ts', 'MAX_SPEC_KEYS')} keys`),
          SEARCH,
        ],
        [
          'paths in `spec` with an index',
          fixed(count(constant('src/index/spec-path.ts', 'MAX_SPEC_INDEXES'))),
          'the start is refused',
        ],
        [
          'value in `spec` in an index',
          fixed(bytes(constant('src/index/spec.ts', 'MAX_INDEXED_BYTES'))),
          'longer ones are read from the rows',
        ],
        ['fields of `orderBy`', fixed('what fits into the request head'), 'as for the head'],
        ['fields of a count', fixed(count(constant(facets, 'MAX_FACETS'))), RANGE],
        ['bounds of buckets in a count', fixed(count(constant(facetRequest, 'MAX_BUCKETS'))), RANGE],
        [
          'values of a field in a count',
          fixed(count(constant(facetRequest, 'MAX_VALUES'))),
          'lowered to the maximum',
        ],
        [
          '`wait`',
          fixed(time(constant('src/http/list-request.ts', 'MAX_WAIT_MS'))),
          '400 `HYPERFLEET-VAL-004`',
        ],
        [
          'items of `fields`',
          fixed(count(constant('src/state/field-path.ts', 'MAX_FIELDS'))),
          '400 `HYPERFLEET-VAL-000`',
        ],
        ['page size', setting('server.pageSizeMax', count), 'lowered to the maximum'],
        [
          'long searches (more than about 2 ms of reading records)',
          fixed(
            `${constant(turns, 'MAX_UNDER_WAY')} at once, sliced; ${constant(turns, 'MAX_WAITING')} waiting`,
          ),
          SVC,
        ],
      ],
    ],
    [
      'A resource and a report',
      [
        ['labels', fixed(count(constant(resources, 'LABELS_MAX'))), VAL],
        ['label key', fixed(bytes(numberAfter(resources, 'minBytes: 1, maxBytes: '))), VAL],
        [
          'label keys with an index, for each kind of resource',
          fixed(count(constant('src/index/labels.ts', 'MAX_INDEXED_KEYS'))),
          'a search by a further key reads records, and no count is by it',
        ],
        ['label value', fixed(bytes(numberAfter(resources, 'boundedText({ maxBytes: '))), VAL],
        ['adapters of one resource', setting('limits.adaptersPerResource', count), VAL],
        ['adapters of one kind of resource', setting('limits.adaptersPerKind', count), VAL],
        ['conditions in a report', setting('limits.conditionsPerReport', count), VAL],
        ['`reason` of a condition', setting('limits.reasonMaxBytes', bytes), VAL],
        ['`message` of a condition', setting('limits.messageMaxBytes', bytes), VAL],
        [
          '`reason` of a force deletion',
          fixed(`${count(constant(resources, 'REASON_MAX'))} characters`),
          VAL,
        ],
        ['`observed_time` ahead of the server', setting('limits.reportAheadMs', time), VAL],
      ],
    ],
    [
      'Tokens',
      [
        [
          'checked tokens remembered',
          fixed(
            `${count(constant(tokens, 'MAX_TOKENS'))}, each for ${time(constant(tokens, 'REMEMBER_MS'))} at most`,
          ),
          'checked again',
        ],
        ['key set', fixed(bytes(constant(keys, 'MAX_BYTES'))), 'refused; the previous keys stay in force'],
        [
          'time between two fetches of the key set',
          fixed(time(constant(keys, 'RENEW_AFTER_MS'))),
          'fetched again',
        ],
        [
          'time between two fetches for an unknown key id',
          fixed(time(constant(keys, 'LOOK_AGAIN_AFTER_MS'))),
          'the token is refused without a fetch',
        ],
        [
          'time for which a key set is kept when it cannot be fetched',
          fixed(time(constant(keys, 'KEEP_AT_MOST_MS'))),
          '503 `HYPERFLEET-SVC-001`',
        ],
      ],
    ],
    [
      'Memory and disk',
      [
        [
          'memory',
          setting('limits.memoryBytes', bytes),
          'creates and growing changes: 503 `HYPERFLEET-SVC-001`; reads, reports and deletions continue',
        ],
        ['disk', fixed('free space'), 'writes: 503 until there is room; reads continue'],
        [
          'creations of a kind in the life of a data folder',
          fixed(count(2 ** 32)),
          'further ones: 500; an export and import count from 0 again',
        ],
        ['changes waiting for one commit', fixed(bytes(constant(store, 'MAX_STAGED_BYTES'))), SVC],
        [
          'writes waiting for the deletion of their cluster',
          fixed(count(constant(cascades, 'MAX_WAITING'))),
          SVC,
        ],
        [
          'a commit',
          setting('storage.commitDeadlineMs', time),
          'the process ends; the next start reads what is on disk',
        ],
        [
          'copies at the same time for backups and exports',
          fixed(count(constant(copies, 'MAX_COPIES'))),
          'the command must retry',
        ],
        [
          'copies at the same time for other servers of a cluster',
          fixed(count(constant(peerCopies, 'MAX_COPIES'))),
          'the other server tries again, and asks others',
        ],
        [
          'a backup that reads nothing',
          fixed(time(constant(copies, 'IDLE_MS'))),
          'cut off, because the journal grows until it ends',
        ],
        [
          'log lines that nobody has read',
          fixed(bytes(constant(log, 'MAX_WAITING_LENGTH'))),
          'further lines are dropped, and counted in `hyperfleet_api_log_lines_dropped_total`',
        ],
        [
          'requests in flight at a stop',
          {
            value: time(settings.get('server.shutdownDeadlineMs') / 2),
            setting: 'server.shutdownDeadlineMs',
          },
          'cut off at half of that deadline',
        ],
      ],
    ],
  ]
}

function table([title, rows]) {
  const lines = rows.map(
    ([limit, { value, setting: name }, end]) =>
      `| ${limit} | ${value} | ${name === '' ? '' : `\`${name}\``} | ${end} |`,
  )
  return `### ${title}\n\n| limit | value | setting | at the limit |\n|---|---|---|---|\n${lines.join('\n')}`
}

const page = readFileSync(path, 'utf8')
const [before, rest = ''] = page.split(BEGIN)
const after = rest.split(END)[1]
if (after === undefined) throw new Error(`the page has no place for the table: ${BEGIN}`)
const fresh = `${before}${BEGIN}\n\n${sections().map(table).join('\n\n')}\n\n${END}${after}`
if (!process.argv.includes('--check')) writeFileSync(path, fresh)
else if (fresh !== page) {
  console.error('docs/guide/limits.md is out of date: run npm run docs:limits')
  process.exitCode = 1
}
