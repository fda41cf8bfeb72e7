// `hyperfleet health`: checks that the server with the same configuration is alive. Container probes use it.
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Settings } from '../config/schema.ts'
import { hostAndPort } from '../wire/address.ts'
import { type Command, EXIT } from './command.ts'
import { type Flag, flagLines } from './flags/flag.ts'
import { CONFIG_FLAG } from './flags/global-flags.ts'
import { processConfiguration, settingFlags } from './flags/settings.ts'

/** Shorter than a probe's timeout, so that the reason is printed. */
const DEADLINE_MS = 2500

/** Wildcard addresses that a server may bind to, each with an address to connect to. */
const ANY_ADDRESS: ReadonlyMap<string, string> = new Map([
  ['0.0.0.0', '127.0.0.1'],
  ['::', '::1'],
])

const READY_FLAG: Flag = {
  name: 'ready',
  meaning: 'check that it accepts requests (/readyz), not only that it is alive (/healthz)',
}

export const health: Command = {
  help: () => `Usage: hyperfleet health [--ready] [flags of serve]

Asks the health port of the server that 'hyperfleet serve' would start with the same flags, environment and settings file.
Prints the response. The exit code is 0 if the server is alive, and 1 if it is not or cannot be reached.

${flagLines([READY_FLAG, CONFIG_FLAG])}

It also takes every flag of 'hyperfleet serve'.`,
  examples: [['hyperfleet health'], ['hyperfleet health --ready --health-port 8081']],
  get flags() {
    return [READY_FLAG, CONFIG_FLAG, ...settingFlags()]
  },
  async run(args, output) {
    const path = args.includes('--ready') ? '/readyz' : '/healthz'
    const { settings } = processConfiguration(args.filter(arg => arg !== '--ready'))
    const address = healthAddress(settings)
    const { isOk, body } = await ask(new URL(path, address))
    if (isOk) output.write(`${body.trim()}\n`)
    else console.error(body.trim())
    return isOk ? EXIT.ok : EXIT.failed
  },
}

/**
 * The address of the health listener with these settings. It uses plain HTTP even if the API uses TLS.
 * @throws Error if the listener is disabled
 */
export function healthAddress({ server, health }: Pick<Settings, 'server' | 'health'>): URL {
  if (health.port === 0) throw new Error('health.port is 0: the health listener is disabled')
  const host = ANY_ADDRESS.get(server.host) ?? server.host
  return new URL(`http://${hostAndPort(host, health.port)}`)
}

/** Uses node:http because `fetch` refuses some ports that a server may listen on. */
async function ask(address: URL): Promise<{ isOk: boolean; body: string }> {
  try {
    const signal = AbortSignal.timeout(DEADLINE_MS)
    const [answer]: IncomingMessage[] = await once(get(address, { signal }), 'response')
    if (answer === undefined) throw new Error('no response')
    return { isOk: answer.statusCode === 200, body: await text(answer) }
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error))
    const reason = name === 'AbortError' ? `no response within ${DEADLINE_MS} ms` : message
    throw new Error(`no server answers at ${address.origin}: ${reason}`, { cause: error })
  }
}
