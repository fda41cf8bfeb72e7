// Rules that involve several settings, which no single schema can express.
import { isIP } from 'node:net'
import { parseDatabaseUrl } from '../replication/postgres/address.ts'
import { reasonOf } from '../wire/text.ts'
import type { Settings } from './schema.ts'

/** Host names as the system's resolver accepts them: letters, digits, hyphens and underscores, with dots between them. */
const HOST_NAME = /^(?!-)[\w-]{1,63}(\.[\w-]{1,63})*\.?$/

/** Lists the faults of the settings for several servers that share a journal, one a line (contract 14.1). */
export function clusterFaults({ cluster }: Settings): string[] {
  const { engine, url, advertiseUrl } = cluster
  if (engine === 'none') {
    // One lost variable must not make a server that is alone.
    return url === ''
      ? []
      : [
          'cluster.url is set and cluster.engine is none: set cluster.engine to postgres, or remove cluster.url',
        ]
  }
  const faults: string[] = []
  if (url === '') faults.push('cluster.url is required with cluster.engine postgres')
  else {
    try {
      parseDatabaseUrl(url)
    } catch (error) {
      faults.push(`cluster.url: ${reasonOf(error)}`)
    }
  }
  if (!isHttpUrl(advertiseUrl))
    faults.push(
      `cluster.advertiseUrl is ${JSON.stringify(advertiseUrl)}: must be the URL at which the other servers reach the API of this one, such as http://10.0.0.5:8000`,
    )
  if ((cluster.tlsCertPath === '') !== (cluster.tlsKeyPath === ''))
    faults.push('cluster.tlsCertPath and cluster.tlsKeyPath are required together')
  return faults
}

/** True for a URL of a server, without a path, a query or a user. */
function isHttpUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) return false
  return url.pathname === '/' && url.search === '' && url.hash === '' && url.username === ''
}

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
