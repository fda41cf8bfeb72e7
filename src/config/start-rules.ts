// Rules that involve several settings, which no single schema can express.
import { isIP } from 'node:net'
import type { Settings } from './schema.ts'

/** Host names as the system's resolver accepts them: letters, digits, hyphens and underscores, with dots between them. */
const HOST_NAME = /^(?!-)[\w-]{1,63}(\.[\w-]{1,63})*\.?$/

/** Lists the faults of the listen addresses, one a line. */
export function portFaults({ server, health, metrics }: Settings): string[] {
  const faults: string[] = []
  const [address = ''] = server.host.split('%')
  if (isIP(address) === 0 && !HOST_NAME.test(server.host))
    faults.push(
      `server.host is ${JSON.stringify(server.host)}: must be an address such as 0.0.0.0 or ::, or a host's name, without a port`,
    )
  const takenBy = new Map<number, string>()
  for (const [name, port] of [
    ['server.port', server.port],
    ['health.port', health.port],
    ['metrics.port', metrics.port],
  ] as const) {
    const other = takenBy.get(port)
    if (port === 0) continue
    if (other === undefined) takenBy.set(port, name)
    else faults.push(`${name} is ${port}, and so is ${other}: each needs a port of its own`)
  }
  return faults
}
