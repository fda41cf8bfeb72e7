// Server under test: its process on a data folder, and its metrics.
import { createServer } from 'node:net'
import { Host } from './host.ts'

export interface TestedServer {
  readonly host: Host
  /** Metrics by name; series of one name are summed over their labels. */
  metrics(): Promise<ReadonlyMap<string, number>>
  stop(): Promise<void>
}

export interface TestedServerOptions {
  readonly folder: string
  readonly engine: 'uws' | 'node'
  /** Additional flags of `hyperfleet serve` and of Node. */
  readonly flags?: readonly string[]
  readonly nodeFlags?: readonly string[]
  /** File for its log at the default level; undefined: warnings only, to our output. */
  readonly logPath?: string
}

export async function startTestedServer(options: TestedServerOptions): Promise<TestedServer> {
  const metricsPort = await freePort()
  const settings = {
    'server-port': 0,
    'server-engine': options.engine,
    'health-port': 0,
    'metrics-port': metricsPort,
    'storage-path': options.folder,
    ...(options.logPath === undefined ? { 'logging-level': 'warn' } : {}),
  }
  const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])
  const host = await Host.start('server', {
    args: [...flags, ...(options.flags ?? [])],
    nodeFlags: options.nodeFlags ?? [],
    outputPath: options.logPath,
  })
  return { host, metrics: () => readMetrics(metricsPort), stop: () => host.stop() }
}

async function readMetrics(port: number): Promise<ReadonlyMap<string, number>> {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`)
  const sums = new Map<string, number>()
  for (const line of (await answer.text()).split('\n')) {
    const [, name, value] = /^(\w+)(?:\{.*\})? (\S+)/.exec(line) ?? []
    if (name !== undefined) sums.set(name, (sums.get(name) ?? 0) + Number(value))
  }
  return sums
}

/** Finds a port for a listener whose setting reads 0 as 'off' (contract 1.1). */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
