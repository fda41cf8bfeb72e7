// The address of the view: a path and parameters behind `#`, so that a link shows the same. The server never sees it.
import { computed, signal } from '@preact/signals'

export interface Address {
  readonly path: readonly string[]
  readonly parameters: Readonly<Record<string, string>>
}

const hash = signal(location.hash)
window.addEventListener('hashchange', () => {
  hash.value = location.hash
})

export const address = computed<Address>(() => parse(hash.value))

/** The link to a view. Parameters that are empty or undefined are left out. */
export function linkTo(
  path: readonly string[],
  parameters: Readonly<Record<string, string | undefined>> = {},
): string {
  const query = Object.entries(parameters)
    .filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '')
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&')
  return `#/${path.map(encodeURIComponent).join('/')}${query === '' ? '' : `?${query}`}`
}

/** Goes to a view. With `replace` the present one leaves no trace in the history. */
export function go(link: string, replace = false): void {
  if (replace) history.replaceState(null, '', link)
  else history.pushState(null, '', link)
  hash.value = link
}

/** Changes parameters of the present view. */
export function setParameters(changed: Readonly<Record<string, string | undefined>>): void {
  const { path, parameters } = address.value
  go(linkTo(path, { ...parameters, ...changed }), true)
}

function parse(text: string): Address {
  const [path = '', query = ''] = text.replace(/^#?\/?/, '').split('?', 2)
  const parameters: Record<string, string> = {}
  for (const [name, value] of new URLSearchParams(query)) parameters[name] = value
  return {
    path: path
      .split('/')
      .filter(part => part !== '')
      .map(decode),
    parameters,
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
