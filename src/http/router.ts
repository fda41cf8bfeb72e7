// Router: finds the target for a method and a path (contract 2.2).

/** Result of routing: a route with parameters, a known path with other methods, or no route. */
export type Routing<T> =
  | { readonly kind: 'route'; readonly target: T; readonly parameters: readonly string[] }
  | { readonly kind: 'other-method'; readonly allow: string }
  | { readonly kind: 'no-route' }

export interface Route<T> {
  readonly method: string
  /** Parameters in braces, each a whole segment. */
  readonly path: string
  readonly target: T
}

const SLASH = 47

interface Node<T> {
  readonly literals: Literal<T>[]
  parameter: Node<T> | undefined
  /** The routing to the target of each method, for a path without parameters. */
  readonly routings: Map<string, Extract<Routing<T>, { kind: 'route' }>>
}

/** A segment that is the same in every path, and the node behind it. */
interface Literal<T> {
  readonly text: string
  readonly node: Node<T>
}

const NO_PARAMETERS: readonly string[] = []
const NO_ROUTE = { kind: 'no-route' } as const

export class Router<T> {
  readonly #root: Node<T> = createNode()

  constructor(routes: readonly Route<T>[]) {
    for (const { method, path, target } of routes) {
      const segments = path === '/' ? [] : path.split('/').slice(1)
      const end = segments.reduce((node, segment) => {
        if (!segment.startsWith('{')) return literalChild(node, segment)
        node.parameter ??= createNode()
        return node.parameter
      }, this.#root)
      for (const each of method === 'GET' ? ['GET', 'HEAD'] : [method])
        end.routings.set(each, { kind: 'route', target, parameters: NO_PARAMETERS })
    }
  }

  /**
   * Ignores one trailing slash. Compares literals in place, since a substring for each segment took a tenth of a short
   * request's own time.
   *
   * @param path undecoded, without its query
   */
  find(method: string, path: string): Routing<T> {
    let parameters: string[] | undefined
    let node = this.#root
    const last = path.length - 1
    const length = last > 0 && path.charCodeAt(last) === SLASH ? last : path.length
    // Every path begins with a slash. The path of one alone is the root's.
    for (let slash = 0; slash < length && length > 1; ) {
      const next = path.indexOf('/', slash + 1)
      const end = next === -1 || next > length ? length : next
      const literal = literalAt(node, path, slash + 1, end)
      const child = literal ?? node.parameter
      if (child === undefined || end === slash + 1) return NO_ROUTE
      if (literal === undefined) {
        parameters ??= []
        parameters.push(path.slice(slash + 1, end))
      }
      node = child
      slash = end
    }
    if (node.routings.size === 0) return NO_ROUTE
    const routing = node.routings.get(method)
    if (routing === undefined)
      return { kind: 'other-method', allow: [...node.routings.keys()].sort().join(', ') }
    return parameters === undefined ? routing : { kind: 'route', target: routing.target, parameters }
  }
}

function createNode<T>(): Node<T> {
  return { literals: [], parameter: undefined, routings: new Map() }
}

/** The node behind the literal that is the segment [start, end) of a path. */
function literalAt<T>({ literals }: Node<T>, path: string, start: number, end: number): Node<T> | undefined {
  for (let i = 0; i < literals.length; i++) {
    const literal = literals[i]
    if (literal?.text.length === end - start && path.startsWith(literal.text, start)) return literal.node
  }
  return undefined
}

function literalChild<T>(node: Node<T>, segment: string): Node<T> {
  const present = node.literals.find(({ text }) => text === segment)
  if (present !== undefined) return present.node
  const child = createNode<T>()
  node.literals.push({ text: segment, node: child })
  return child
}
