// The address that a key set is fetched from.

/** Names of this machine, between which and the server nobody can change an answer. */
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/

/** @throws Error that says what the text lacks to be an address that keys can be fetched from */
export function keySetUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new Error('it must be an http or https URL such as https://issuer.example.com/jwks.json')
  // RFC 7517 knows no login, and fetch refuses such URLs (Fetch standard, 5.3).
  if (url.username !== '' || url.password !== '') throw new Error('it must hold no user and no password')
  return url
}

/** Whether somebody on the way could put keys of his own in the place of the right ones. */
export function isKeySetExposed({ protocol, hostname }: URL): boolean {
  return protocol === 'http:' && !LOOPBACK.test(hostname)
}
