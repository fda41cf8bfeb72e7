// What settings have to be together, where the schema of each alone cannot say it.
import { isIP } from 'node:net'
import type { Settings } from './schema.ts'

/** As the system's resolver takes names: letters, digits, hyphens, underscores, and dots between them. */
const HOST_NAME = /^(?!-)[\w-]{1,63}(\.[\w-]{1,63})*\.?$/

/** What is wrong with the addresses to listen on, one fault in a line. */
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
