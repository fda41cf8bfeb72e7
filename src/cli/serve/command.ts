// `hyperfleet serve`: runs the server until a signal stops it.
import { performance } from 'node:perf_hooks'
import type { Settings } from '../../config/schema.ts'
import { type Configuration, FILE_PLACES } from '../../config/settings.ts'
import { type RunningServer, startServer } from '../../main.ts'
import { createLogger, type Logger } from '../../observe/log/log.ts'
import { LogOutput, STANDARD_OUTPUT } from '../../observe/log/output.ts'
import { checkOpenFiles } from '../../observe/process-limits.ts'
import { JournalFault } from '../../replication/fault.ts'
import type { Reached } from '../../store/crash-point.ts'
import { StorageFailedError, type StorageFailureKind, StoreError } from '../../store/errors.ts'
import { hostAndPort } from '../../wire/address.ts'
import { BASE_PATH } from '../../wire/paths.ts'
import { type Command, EXIT, FailedError } from '../command.ts'
import { flagLines } from '../flags/flag.ts'
import { CONFIG_FLAG } from '../flags/global-flags.ts'
import { processConfiguration, settingFlags } from '../flags/settings.ts'
import { type StopSignal, stopSignal } from '../terminal/signals.ts'
import { createReload } from './reload.ts'
import { stopServer } from './stop.ts'

/** The longest wait for the log at a stop. */
const LOG_PATIENCE_MS = 2000

export const serve: Command = {
  help: () => `Usage: hyperfleet serve [flags]

Every flag is also an environment variable: --server-port is HYPERFLEET_SERVER_PORT. Both override the settings file.
That is the file named by --config or HYPERFLEET_CONFIG, otherwise the first of ${FILE_PLACES.join(' and ')} that exists.

${flagLines([CONFIG_FLAG, ...settingFlags()])}

SIGTERM and SIGINT stop the server in an orderly way; a second signal stops it immediately. SIGHUP reads the configuration again
and applies the settings that may change while the server runs.

The exit code is 0 after an orderly stop, 2 if a setting or a file that it names is invalid, and 1 after any other failure, such
as a port in use or a failing disk. 'hyperfleet config --check' finds everything that would cause code 2.`,
  examples: [
    ['hyperfleet serve'],
    ['hyperfleet serve --storage-path /var/lib/hyperfleet --server-host 0.0.0.0'],
    [
      'HYPERFLEET_AUTH_ENABLED=true hyperfleet serve --config /etc/hyperfleet/config.yaml',
      'settings from a file, one setting from the environment',
    ],
  ],
  get flags() {
    return [CONFIG_FLAG, ...settingFlags()]
  },
  run: args => runServer(args),
}

/**
 * Runs the server until it ends.
 * @param reached observes crash points, for tests
 */
export async function runServer(args: readonly string[], reached?: Reached): Promise<number> {
  const configuration = processConfiguration(args)
  const { settings, original } = configuration
  const output = new LogOutput(STANDARD_OUTPUT)
  const log = createLogger(settings.logging, output)
  process.once('exit', () => output.flushSync())
  for (const warning of configuration.warnings) log.warn(warning)
  const stopped = stopSignal(nowMs, (signal, code) => endAtOnce(signal, code, log))
  const starting = startServer({
    settings,
    original,
    log,
    machineMs: Date.now,
    droppedLogLines: () => output.dropped,
    nowMs,
    onFatal: error => endAfterFault(error, log, output),
    ...(reached === undefined ? {} : { reached }),
  })
  const reload = createReload(configuration, { log, load: () => processConfiguration(args) })
  // A reload waits for the end of the start. A failed start is reported below.
  process.on('SIGHUP', () => starting.then(reload, () => {}))
  const server = await Promise.race([starting.catch(asWrongSetting), stopped])
  // Nothing has been written during the load. Exits here because process 1 of a container ignores a signal without a handler.
  if (typeof server === 'string') process.exit(EXIT.ok)
  announce(server, configuration, log)
  const signal = await stopped
  const onDeadline = () => endLate(log, output)
  await stopServer({ server, signal, times: settings.server, log, onDeadline })
  await endLog(output)
  // Exits explicitly: after a failed commit, LMDB keeps the process alive.
  return process.exit(process.exitCode ?? EXIT.ok)
}

/** Reports an unusable path as a wrong setting, so that a supervisor does not retry. */
function asWrongSetting(error: unknown): never {
  if (!(error instanceof StoreError && error.kind === 'not-a-directory')) throw error
  throw new FailedError(`storage.path: ${error.message}`, EXIT.usage, { cause: error })
}

const nowMs = () => performance.now()

function announce(server: RunningServer, { settings, file }: Configuration, log: Logger): void {
  const { host } = settings.server
  const at = (port: number | undefined, scheme = 'http') =>
    port === undefined ? 'off' : `${scheme}://${hostAndPort(host, port)}`
  log.info(
    {
      engine: server.engine,
      api: `${at(server.port, server.scheme)}${BASE_PATH}`,
      health: at(server.healthPort),
      metrics: at(server.metricsPort),
      ...(file === undefined ? {} : { config: file }),
    },
    'ready',
  )
  if (!settings.auth.enabled)
    log.warn('authentication is off: anyone who can reach the port may read and write; see --auth-enabled')
  warnOfDeletions(settings, log)
  checkOpenFiles(settings, log)
}

/** Contract 11.8: without required adapters a deletion before the first report removes at once. */
function warnOfDeletions({ adapters: { required } }: Settings, log: Logger): void {
  const kinds = (['cluster', 'nodepool'] as const).filter(kind => required[kind].length === 0)
  if (kinds.length === 0) return
  const flags = kinds.map(kind => `--adapters-required-${kind}`).join(' and ')
  log.warn(
    `no adapters are required of ${kinds.map(kind => `${kind}s`).join(' and ')}: a deletion before the first report removes at once, ` +
      `and no adapter learns of it; see ${flags}`,
  )
}

/** Ends at once. All acknowledged writes are in the journal, and the next start replays them. */
function endAtOnce(signal: StopSignal, exitCode: number, log: Logger): void {
  log.warn({ signal, exitCode }, 'second signal: ending immediately; the next start replays the journal')
  process.exit(exitCode)
}

/** Kills the process: an orderly exit would wait for the thread that is stuck writing the checkpoint. */
function endLate(log: Logger, output: LogOutput): void {
  log.error('shutdown deadline passed: ending; the next start replays the journal')
  output.flushSync()
  process.kill(process.pid, 'SIGKILL')
}

/** Flushes the log. Everything is closed by now, so a log reader that has stopped reading must not delay the exit. */
async function endLog(output: LogOutput): Promise<void> {
  if (!(await output.flush(LOG_PATIENCE_MS))) process.kill(process.pid, 'SIGKILL')
}

/** Time between the loss of the data folder and the exit: /readyz reports the fault, and writes get 503. */
const GONE_PATIENCE_MS = 5000

/** Ends the process: its next start copies another server's data folder, because the database no longer keeps what this one lacks (contract 14.15). */
function endBehind(fault: JournalFault, log: Logger, output: LogOutput): never {
  log.fatal({ fault: fault.kind }, 'cluster: ending; the next start copies the data folder of another server')
  if (!output.flushSync()) process.kill(process.pid, 'SIGKILL')
  process.exit(EXIT.failed)
}

/** Ends the process: the state on disk is unknown until the next start reads the journal (contract 9.2). */
function endAfterFault(error: Error, log: Logger, output: LogOutput): void {
  if (error instanceof JournalFault) endBehind(error, log, output)
  const kind = error instanceof StorageFailedError ? error.kind : 'invariant'
  log.fatal({ err: error }, `storage failed: ending; ${AFTER_FAULT[kind]}`)
  // Keeps an orderly stop in the meantime from reporting success.
  process.exitCode = EXIT.failed
  const end = () => {
    // A thread that is stuck in the kernel would block an orderly exit.
    if (kind === 'deadline' || !output.flushSync()) process.kill(process.pid, 'SIGKILL')
    process.exit(EXIT.failed)
  }
  if (kind === 'gone') setTimeout(end, GONE_PATIENCE_MS)
  else end()
}

const RECOVERS = 'the next start recovers from the journal; see docs/guide/runbook.md#failed-flush'

/** The operator's next step. */
const AFTER_FAULT: Readonly<Record<StorageFailureKind, string>> = {
  deadline: RECOVERS,
  io: RECOVERS,
  invariant: RECOVERS,
  damaged: 'restore the data folder from a backup; see docs/guide/runbook.md#damaged-data-folder',
  gone: 'put the data folder back before the next start; see docs/guide/runbook.md#data-folder-gone',
}
