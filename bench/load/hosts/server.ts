// The server as `hyperfleet serve` runs it, with a channel to the harness. Its arguments are flags of `hyperfleet serve`.
import { loadSettings } from '../../../src/config/settings.ts'
import { startServer } from '../../../src/main.ts'
import { createLogger } from '../../../src/observe/log/log.ts'
import { LogOutput, STANDARD_OUTPUT } from '../../../src/observe/log/output.ts'
import { obey } from './control.ts'

const settings = loadSettings(process.argv.slice(2), {})
const output = new LogOutput(STANDARD_OUTPUT)
const server = await startServer({
  settings,
  log: createLogger(settings.logging, output),
  droppedLogLines: () => output.dropped,
  machineMs: Date.now,
  nowMs: () => performance.now(),
  onFatal: error => {
    console.error(error)
    process.exit(1)
  },
})
obey(server.port, { stop: () => server.close() })
