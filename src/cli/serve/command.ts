// `hyperfleet serve`: runs the server until a signal stops it.
import { performance } from 'node:perf_hooks'
import { type Configuration, FILE_PLACES } from '../../config/settings.ts'
import { type RunningServer, startServer } from '../../main.ts'
import { createLogger, type Logger } from '../../observe/log/log.ts'
import { LogOutput, STANDARD_OUTPUT } from '../../observe/log/output.ts'
import { checkOpenFiles } from '../../observe/process-limits.ts'
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

/** Time that a stop waits for the log to be written. */
const LOG_PATIENCE_MS = 2000

export const serve: Command = {
  help: () => `Usage: hyperfleet serve [flags]

Every flag is also an environment variable: --server-port is HYPERFLEET_SERVER_PORT. Both override the settings file,
which is that of --config or HYPERFLEET_CONFIG, otherwise the first of ${FILE_PLACES.join(' and ')} that exists.

${flagLines([CONFIG_FLAG, ...settingFlags()])}

SIGTERM and SIGINT stop the server in order, a second one immediately. SIGHUP reads the configuration again and applies
the settings that may change while the server runs.

Its exit code is 0 after an orderly stop, 2 if a setting or a file that it names is wrong, and 1 after any other failure, such
as a port that is taken or a disk that fails. 'hyperfleet config --check' finds everything that would cause code 2.`,
  examples: [
    ['hyperfleet serve'],
    ['hyperfleet serve --storage-path /var/lib/hyperfleet --server-host 0.0.0.0'],
    [
      'HYPERFLEET_AUTH_ENABLED=true hyperfleet serve --config /etc/hyperfleet/config.yaml',
      'settings from a file, one of them from the environment',
    ],
  ],
  get flags() {
    return [CONFIG_FLAG, ...settingFlags()]
  },
  run: args => runServer(args),
}

/**
 * Runs the server to its end.
 * @param reached lets a test end the process at a named moment
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
  // During the start there is nothing to reload; a failed start is reported below.
  process.on('SIGHUP', () => starting.then(reload, () => {}))
  const server = await Promise.race([starting.catch(asWrongSetting), stopped])
  // During the load the server has written nothing. The first process of a container gets no signal without a handler.
  if (typeof server === 'string') process.exit(EXIT.ok)
  announce(server, configuration, log)
  const signal = await stopped
  const onDeadline = () => endLate(log, output)
  await stopServer({ server, signal, times: settings.server, log, onDeadline })
  await endLog(output)
  // Everything is closed, but after a failed commit lmdb keeps the process alive.
  return process.exit(process.exitCode ?? EXIT.ok)
}

/** A path that cannot be a folder will not become one: a supervisor need not try again. */
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
    log.warn('authentication is off: whoever reaches the port may read and write; see --auth-enabled')
  checkOpenFiles(settings, log)
}

/** Everything that was answered is in the journal: the next start replays it. */
function endAtOnce(signal: StopSignal, exitCode: number, log: Logger): void {
  log.warn({ signal, exitCode }, 'a second signal: ending at once; the next start replays the journal')
  process.exit(exitCode)
}

/** An orderly exit would wait for the thread that is stuck writing the checkpoint. */
function endLate(log: Logger, output: LogOutput): void {
  log.error('the deadline of the stop has passed: ending; the next start replays the journal')
  output.flushSync()
  process.kill(process.pid, 'SIGKILL')
}

/** Everything is closed and safe by now: a log reader that has stopped reading must not delay the exit. */
async function endLog(output: LogOutput): Promise<void> {
  if (!(await output.flush(LOG_PATIENCE_MS))) process.kill(process.pid, 'SIGKILL')
}

/** Time in which /readyz reports the missing data folder and writes get 503, before the process ends. */
const GONE_PATIENCE_MS = 5000

/** After such a fault the state on disk is unknown: the next start reads it from the journal (contract 9.2). */
function endAfterFault(error: Error, log: Logger, output: LogOutput): void {
  const kind = error instanceof StorageFailedError ? error.kind : 'invariant'
  log.fatal({ err: error }, `storage failed: ending; ${AFTER_FAULT[kind]}`)
  // An orderly stop in between must not report success.
  process.exitCode = EXIT.failed
  const end = () => {
    // A thread that is stuck in the kernel would hold up an orderly exit.
    if (kind === 'deadline' || !output.flushSync()) process.kill(process.pid, 'SIGKILL')
    process.exit(EXIT.failed)
  }
  if (kind === 'gone') setTimeout(end, GONE_PATIENCE_MS)
  else end()
}

const RECOVERS = 'the next start recovers from the journal; see docs/guide/runbook.md#failed-flush'

/** The next step, for the operator. */
const AFTER_FAULT: Readonly<Record<StorageFailureKind, string>> = {
  deadline: RECOVERS,
  io: RECOVERS,
  invariant: RECOVERS,
  damaged: 'restore the data folder from a backup; see docs/guide/runbook.md#damaged-data-folder',
  gone: 'put the data folder back where it was before the next start; see docs/guide/runbook.md#data-folder-gone',
}
