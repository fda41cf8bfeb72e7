// Wrong names that users try for the client's variables. Ignoring one would send a command to the wrong server, so it is
// refused with the right name.
import { didYouMean } from '../../config/hint.ts'
import { isServiceLink } from '../../config/service-links.ts'
import { UsageError } from '../command.ts'
import type { ClientKey } from './client-file.ts'
import { FILE_VARIABLE, VARIABLES } from './client-file.ts'
import type { Machine } from './machine.ts'

const PREFIX = 'HYPERFLEET_'
const OF_CLIENT = 'HYPERFLEET_CLIENT_'

/** Keyed by the name without `HYPERFLEET_` or `HYPERFLEET_CLIENT_`. */
const OTHER_NAMES: ReadonlyMap<string, ClientKey> = new Map([
  ...named('server', 'SERVER SERVER_URL SERVER_ADDRESS URL API API_URL API_BASE_URL API_SERVER API_ENDPOINT'),
  ...named('server', 'API_ADDRESS BASE_URL HOST ADDRESS ADDR ENDPOINT'),
  ...named('token', 'TOKEN API_TOKEN API_KEY AUTH_TOKEN ACCESS_TOKEN BEARER_TOKEN SERVER_TOKEN AUTH'),
  ...named('token-file', 'TOKEN_FILE TOKEN_PATH API_TOKEN_FILE AUTH_TOKEN_FILE'),
  ...named('ca-file', 'CA CA_FILE CA_CERT CACERT CA_BUNDLE TLS_CA_FILE'),
])

function named(key: ClientKey, names: string): (readonly [string, ClientKey])[] {
  return names.split(' ').map(name => [name, key])
}

/**
 * Refuses a misnamed variable that would be ignored. Warns if the setting has a value from elsewhere.
 * @param inForce the values from other sources
 * @throws UsageError with the right name
 */
export function assertNoOtherNames(
  { environment, warn }: Pick<Machine, 'environment' | 'warn'>,
  inForce: Readonly<Record<ClientKey, string | undefined>>,
): void {
  const known: readonly string[] = [FILE_VARIABLE, ...Object.values(VARIABLES)]
  for (const [variable, text = ''] of Object.entries(environment)) {
    if (!variable.startsWith(PREFIX) || known.includes(variable) || text === '') continue
    if (isServiceLink(variable, text)) continue
    const isOfClient = variable.startsWith(OF_CLIENT)
    const key = OTHER_NAMES.get(variable.slice(isOfClient ? OF_CLIENT.length : PREFIX.length))
    if (key !== undefined) answer(variable, key, inForce[key], text, warn)
    else if (isOfClient) throw new UsageError(`${variable} is not a setting${hint(variable, known)}`)
  }
}

function answer(
  variable: string,
  key: ClientKey,
  inForce: string | undefined,
  text: string,
  warn: Machine['warn'],
): void {
  const message = `${variable} is not read: the right name is ${VARIABLES[key]}`
  if (inForce === undefined) throw new UsageError(`${message}, or the flag --${key}`)
  if (inForce !== text) warn(message)
}

function hint(variable: string, known: readonly string[]): string {
  const rests = known.map(name => name.slice(OF_CLIENT.length))
  const near = didYouMean(variable.slice(OF_CLIENT.length), rests, '_', OF_CLIENT)
  return near === '' ? `: there are ${known.join(', ')}` : near
}
