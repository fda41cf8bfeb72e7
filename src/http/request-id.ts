// The request id: the client's own where it is a sane one, otherwise a new one (contract, section 9).

const SANE = /^[A-Za-z0-9._~:/+=@-]{1,128}$/

/** The id that answers carry as `X-Request-Id`. */
export function requestIdOf(sent: string | undefined, randomId: () => string): string {
  return sent !== undefined && SANE.test(sent) ? sent : randomId()
}
