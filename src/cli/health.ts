// `hyperfleet health`: asks the server that runs with the same configuration whether it lives, for probes of containers.
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Settings } from '../config/schema.ts'
import { hostAndPort } from '../wire/address.ts'
import { type Command, EXIT } from './command.ts'
import { type Flag, flagLines } from './flags/flag.ts'
import { CONFIG_FLAG } from './flags/global-flags.ts'
import { processConfiguration, settingFlags } from './flags/settings.ts'

/** Shorter than the timeout of a probe, so that the reason is printed. */
const DEADLINE_MS = 2500

/** Addresses that a server binds to for all addresses of the machine, each with one that can be asked. */
const ANY_ADDRESS: ReadonlyMap<string, string> = new Map([
  ['0.0.0.0', '127.0.0.1'],
  ['::', '::1'],
])

const READY_FLAG: Flag = {
  name: 'ready',
  meaning: 'whether it can be sent requests (/readyz), not only whether it lives (/healthz)',
}

export const health: Command = {
  help: () => `Usage: hyperfleet health [--ready] [flags of serve]

Asks the health port of the server that 'hyperfleet serve' with the same flags, environment and file would be. Prints its
answer, and ends with code 0 when it lives, 1 when it does not or cannot be reached.

${flagLines([READY_FLAG, CONFIG_FLAG])}

It takes every flag of 'hyperfleet serve' too.`,
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
 * The address of the health listener of a server with these settings. It uses plain HTTP even if the API uses TLS.
 * @throws Error when there is none
 */
export function healthAddress({ server, health }: Pick<Settings, 'server' | 'health'>): URL {
  if (health.port === 0) throw new Error('health.port is 0: the health listener is switched off')
  const host = ANY_ADDRESS.get(server.host) ?? server.host
  return new URL(`http://${hostAndPort(host, health.port)}`)
}

/** By node:http, because `fetch` refuses some ports that a server may listen on. */
async function ask(address: URL): Promise<{ isOk: boolean; body: string }> {
  try {
    const signal = AbortSignal.timeout(DEADLINE_MS)
    const [answer]: IncomingMessage[] = await once(get(address, { signal }), 'response')
    if (answer === undefined) throw new Error('there is no answer')
    return { isOk: answer.statusCode === 200, body: await text(answer) }
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error))
    const reason = name === 'AbortError' ? `nothing within ${DEADLINE_MS} ms` : message
    throw new Error(`no server answers at ${address.origin}: ${reason}`, { cause: error })
  }
}
