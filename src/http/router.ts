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
  readonly literals: Map<string, Node<T>>
  parameter: Node<T> | undefined
  readonly targets: Map<string, T>
}

export class Router<T> {
  readonly #root: Node<T> = createNode()

  constructor(routes: readonly Route<T>[]) {
    for (const { method, path, target } of routes) {
      const segments = path.split('/').slice(1)
      const end = segments.reduce((node, segment) => {
        if (!segment.startsWith('{')) return literalChild(node, segment)
        node.parameter ??= createNode()
        return node.parameter
      }, this.#root)
      end.targets.set(method, target)
      if (method === 'GET') end.targets.set('HEAD', target)
    }
  }

  /**
   * Ignores one trailing slash.
   *
   * @param path undecoded, without its query
   */
  find(method: string, path: string): Routing<T> {
    const parameters: string[] = []
    let node = this.#root
    const last = path.length - 1
    const length = last > 0 && path.charCodeAt(last) === SLASH ? last : path.length
    // Every path begins with a slash.
    for (let slash = 0; slash < length; ) {
      const next = path.indexOf('/', slash + 1)
      const end = next === -1 || next > length ? length : next
      const segment = path.slice(slash + 1, end)
      const literal = node.literals.get(segment)
      const child = literal ?? node.parameter
      if (child === undefined || segment === '') return { kind: 'no-route' }
      if (literal === undefined) parameters.push(segment)
      node = child
      slash = end
    }
    if (node.targets.size === 0) return { kind: 'no-route' }
    const target = node.targets.get(method)
    if (target === undefined)
      return { kind: 'other-method', allow: [...node.targets.keys()].sort().join(', ') }
    return { kind: 'route', target, parameters }
  }
}

function createNode<T>(): Node<T> {
  return { literals: new Map(), parameter: undefined, targets: new Map() }
}

function literalChild<T>(node: Node<T>, segment: string): Node<T> {
  const child = node.literals.get(segment) ?? createNode<T>()
  node.literals.set(segment, child)
  return child
}
