// `hyperfleet serve`: runs the server until it is told to stop.
import { performance } from 'node:perf_hooks'
import type { Settings } from '../config/schema.ts'
import { describeSettings, loadSettings } from '../config/settings.ts'
import { type RunningServer, startServer } from '../main.ts'
import { LogOutput, STANDARD_OUTPUT } from '../observe/log-output.ts'
import { createLogger, type Logger } from '../observe/logs.ts'
import { StorageFailedError } from '../store/errors.ts'
import { type Command, EXIT } from './command.ts'
import { crashSwitch } from './crash-switch.ts'

/** How long a stop waits for the log to be written. */
const LOG_PATIENCE_MS = 2000

export const serve: Command = {
  name: 'serve',
  summary: 'run the API server',
  help: () => `Usage: hyperfleet serve [flags]

Every flag is also an environment variable: --server-port is HYPERFLEET_SERVER_PORT.

${describeSettings()}`,
  async run(args) {
    const settings = loadSettings(args, process.env)
    const output = new LogOutput(STANDARD_OUTPUT)
    const log = createLogger(settings.logging, output)
    process.once('exit', () => output.flushSync())
    const stopped = stopSignal()
    const starting = startServer({
      settings,
      log,
      droppedLogLines: () => output.dropped,
      machineMs: Date.now,
      nowMs: () => performance.now(),
      onFatal: error => endAfterFault(error, log, output),
      reached: crashSwitch(process.env.HYPERFLEET_CRASH_POINT, () => process.kill(process.pid, 'SIGKILL')),
    })
    const server = await Promise.race([starting, stopped])
    // While it loads the server has written nothing; a container's first process gets no signal that it does not take.
    if (typeof server === 'string') process.exit(EXIT.ok)
    announce(server, settings, log)
    process.on('SIGHUP', () => reload(server, log))
    log.info({ signal: await stopped }, 'stopping: finishing what is in flight')
    await server.close()
    log.info('stopped')
    await endLog(output)
    // All is closed; but after a commit that failed, lmdb keeps the process from ending by itself.
    return process.exit(EXIT.ok)
  },
}

function announce(server: RunningServer, { server: { host }, auth }: Settings, log: Logger): void {
  const at = (port: number | undefined, scheme = 'http') =>
    port === undefined ? 'off' : `${scheme}://${host}:${port}`
  log.info(
    {
      engine: server.engine,
      api: `${at(server.port, server.scheme)}/api/hyperfleet/v1`,
      health: at(server.healthPort),
      metrics: at(server.metricsPort),
    },
    'ready',
  )
  if (!auth.enabled)
    log.warn('authentication is off: whoever reaches the port may read and write; see --auth-enabled')
}

function reload(server: RunningServer, log: Logger): void {
  log.info('reloading: certificate and keys are read anew')
  server.reload().catch((error: unknown) => log.error({ err: error }, 'the reload failed'))
}

function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(signal))
  })
}

/** All is closed and safe by now: a reader of the log that has stopped reading does not hold up the end. */
async function endLog(output: LogOutput): Promise<void> {
  if (!(await output.flush(LOG_PATIENCE_MS))) process.kill(process.pid, 'SIGKILL')
}

/** After such a fault nobody knows what is on disk: the next start reads it from the journal (contract 9.2). */
function endAfterFault(error: Error, log: Logger, output: LogOutput): void {
  const isDamaged = error instanceof StorageFailedError && error.kind === 'damaged'
  const next = isDamaged
    ? 'restore the data folder from a backup; see docs/runbook.md#damaged-data-folder'
    : 'the next start recovers from the journal; see docs/runbook.md#failed-flush'
  log.fatal({ err: error }, `storage failed: ending; ${next}`)
  const isStuck = error instanceof StorageFailedError && error.kind === 'deadline'
  // A thread that is stuck in the kernel would hold up an orderly exit.
  if (isStuck || !output.flushSync()) process.kill(process.pid, 'SIGKILL')
  process.exit(EXIT.failed)
}
