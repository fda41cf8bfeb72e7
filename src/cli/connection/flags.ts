// The flags that select the server and the credentials.
import type { Flag } from '../flags/flag.ts'
import { ANSWER_DEADLINE_S, DEFAULT_SERVER } from './server-address.ts'

/** The flags of every command that talks to a server. */
export const CONNECTION_FLAGS = [
  {
    name: 'server',
    value: 'URL',
    meaning: 'address of the server',
    fallback: DEFAULT_SERVER,
    elsewhere: ['url', 'api-url', 'base-url', 'host', 'address', 'addr', 'endpoint', 'api', 's'],
  },
  {
    name: 'token',
    value: 'TOKEN',
    meaning: 'bearer token; visible in the process list, unlike a token file',
  },
  {
    name: 'token-file',
    value: 'FILE',
    meaning: 'file with the bearer token; read again when the server rejects the token',
    completes: 'file',
    elsewhere: ['token-path'],
  },
  {
    name: 'ca-file',
    value: 'FILE',
    meaning: "certificate of the server's certificate authority, in PEM",
    completes: 'file',
    elsewhere: ['ca', 'cacert', 'ca-cert', 'certificate-authority', 'tls-ca-file'],
  },
  {
    name: 'client-config',
    value: 'FILE',
    meaning: 'file with server, token, token-file and ca-file (default ~/.config/hyperfleet/client.yaml)',
    completes: 'file',
  },
  {
    name: 'request-timeout',
    value: 'TIME',
    meaning: 'time limit for a response, such as 5s or 1m',
    fallback: `${ANSWER_DEADLINE_S}s`,
  },
] as const satisfies readonly Flag[]

export type ConnectionFlag = (typeof CONNECTION_FLAGS)[number]['name']
