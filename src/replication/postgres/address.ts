// The address of a PostgreSQL database: a URL without a password, which comes from a file.
import { nearestName } from '../../wire/text.ts'

/** disable: not encrypted. require: encrypted, whoever answers. verify-full: encrypted, and the certificate names the host. */
export type TlsMode = 'disable' | 'require' | 'verify-full'

export interface DatabaseAddress {
  /** A name, an address, or the folder of a Unix socket, which begins with a slash. */
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
  readonly tlsMode: TlsMode
}

/** A URL that leads to no database. The message says what is wrong and what would be right. */
export class AddressError extends Error {
  override readonly name = 'AddressError'
}

const DEFAULT_PORT = 5432
const EXAMPLE = 'postgres://hyperfleet@db.example.com:5432/hyperfleet'
const TLS_MODES: readonly TlsMode[] = ['disable', 'require', 'verify-full']
const PARAMETERS = ['host', 'sslmode']

/**
 * Parses `postgres://user@host:port/database?sslmode=verify-full`. Without `sslmode` a host has to prove who it is; the
 * parameter `host=/folder` names a Unix socket in place of the host. Throws AddressError.
 */
export function parseDatabaseUrl(text: string): DatabaseAddress {
  let url: URL
  try {
    url = new URL(text)
  } catch {
    throw new AddressError(`it is not a URL such as ${EXAMPLE}`)
  }
  if (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:')
    throw new AddressError(`it begins with ${url.protocol}//, and must be a URL such as ${EXAMPLE}`)
  if (url.password !== '')
    throw new AddressError('it contains a password, which must be in a file of its own')
  for (const name of url.searchParams.keys()) if (!PARAMETERS.includes(name)) throw unknownParameter(name)
  const host = url.searchParams.get('host') ?? decodeURIComponent(url.hostname)
  const user = decodeURIComponent(url.username)
  const database = decodeURIComponent(url.pathname.slice(1))
  for (const [what, value] of Object.entries({ host, user, database }))
    if (value === '') throw new AddressError(`it names no ${what}; it must be a URL such as ${EXAMPLE}`)
  return {
    // The brackets of an IPv6 address belong to the URL.
    host: host.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    user,
    database,
    tlsMode: tlsModeOf(url.searchParams.get('sslmode'), host),
  }
}

export function isSocket({ host }: DatabaseAddress): boolean {
  return host.startsWith('/')
}

function tlsModeOf(text: string | null, host: string): TlsMode {
  if (text === null) return host.startsWith('/') ? 'disable' : 'verify-full'
  const mode = TLS_MODES.find(each => each === text)
  if (mode === undefined)
    throw new AddressError(
      `its sslmode is ${JSON.stringify(text)}, and must be one of ${TLS_MODES.join(', ')}`,
    )
  return mode
}

function unknownParameter(name: string): AddressError {
  const nearest = nearestName(name, PARAMETERS)
  const hint = nearest === undefined ? `they are ${PARAMETERS.join(' and ')}` : `did you mean ${nearest}?`
  return new AddressError(`it has an unknown parameter ${JSON.stringify(name)}; ${hint}`)
}
