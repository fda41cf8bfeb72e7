// The environment variables of the commands that talk to a server.
import type { ClientKey } from './client-file.ts'

/** `HYPERFLEET_CLIENT_TOKEN_FILE` for `token-file`; `HYPERFLEET_CLIENT_CONFIG` names the file of settings. */
export const VARIABLES = {
  server: 'HYPERFLEET_CLIENT_SERVER',
  token: 'HYPERFLEET_CLIENT_TOKEN',
  'token-file': 'HYPERFLEET_CLIENT_TOKEN_FILE',
  'ca-file': 'HYPERFLEET_CLIENT_CA_FILE',
} as const satisfies Record<ClientKey, string>
export const FILE_VARIABLE = 'HYPERFLEET_CLIENT_CONFIG'
