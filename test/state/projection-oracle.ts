// The oracle of projections (contract 13.7): all of a document becomes a tree that keeps its characters, and fields are selected from the tree in the
// plainest way.

/** Members in their order, each with the characters of its key. */
export type RawTree =
  | { readonly kind: 'object'; readonly members: readonly RawMember[] }
  | { readonly kind: 'array'; readonly items: readonly RawTree[] }
  | { readonly kind: 'scalar'; readonly raw: string }

interface RawMember {
  readonly rawKey: string
  readonly key: string
  readonly value: RawTree
}

const CONDITION_MEMBERS = [
  'type',
  'status',
  'reason',
  'message',
  'observed_generation',
  'created_time',
  'last_updated_time',
  'last_transition_time',
]

/** The document with these fields, without white space. */
export function naiveProjection(document: string, items: readonly string[]): string {
  const tree = rawTree(document)
  if (tree.kind !== 'object') throw new Error('a resource is an object')
  const paths = ['id', ...items].map(item =>
    item.startsWith('labels.') ? ['labels', item.slice('labels.'.length)] : item.split('.'),
  )
  const members = tree.members.flatMap(member => {
    const below = paths.filter(([first]) => first === member.key).map(([, ...rest]) => rest)
    const value = member.key === 'status' ? selectStatus(member.value, below) : select(member.value, below)
    return value === undefined ? [] : [{ ...member, value }]
  })
  return print({ kind: 'object', members })
}

/** The value with these paths below it; undefined if it has none of them. */
function select(value: RawTree, paths: readonly (readonly string[])[]): RawTree | undefined {
  if (paths.some(({ length }) => length === 0)) return value
  if (value.kind !== 'object') return undefined
  const last = new Map(value.members.map((member, i) => [member.key, i]))
  const members = value.members.flatMap((member, i) => {
    if (last.get(member.key) !== i) return []
    const below = paths.filter(([first]) => first === member.key).map(([, ...rest]) => rest)
    const selected = select(member.value, below)
    return selected === undefined ? [] : [{ ...member, value: selected }]
  })
  return members.length === 0 ? undefined : { kind: 'object', members }
}

function selectStatus(status: RawTree, paths: readonly (readonly string[])[]): RawTree | undefined {
  if (
    paths.some(([first, second]) => first === undefined || (first === 'conditions' && second === undefined))
  )
    return status
  if (status.kind !== 'object') return undefined
  const below = paths.filter(([first]) => first === 'conditions').map(([, ...rest]) => rest)
  const members = status.members.flatMap(member => {
    const items =
      member.value.kind === 'array' ? member.value.items.flatMap(item => selectCondition(item, below)) : []
    return items.length === 0 ? [] : [{ ...member, value: { kind: 'array' as const, items } }]
  })
  return members.length === 0 ? undefined : { kind: 'object', members }
}

function selectCondition(condition: RawTree, paths: readonly (readonly string[])[]): RawTree[] {
  if (condition.kind !== 'object') return []
  const type = condition.members.find(({ key }) => key === 'type')?.value
  const name = type?.kind === 'scalar' ? JSON.parse(type.raw) : undefined
  if (paths.some(({ length, 0: first }) => length === 1 && first === name)) return [condition]
  const wanted = paths.flatMap(([first = '', second, ...rest]) => {
    if (rest.length > 0) return []
    if (second !== undefined) return first === name ? [second] : []
    return CONDITION_MEMBERS.includes(first) ? [first] : []
  })
  const members = condition.members.filter(({ key }) => wanted.includes(key))
  return members.length === 0 ? [] : [{ kind: 'object', members }]
}

/** The same text without the white space between its tokens. */
export function compact(text: string): string {
  return print(rawTree(text))
}

function print(tree: RawTree): string {
  switch (tree.kind) {
    case 'object':
      return `{${tree.members.map(({ rawKey, value }) => `${rawKey}:${print(value)}`).join()}}`
    case 'array':
      return `[${tree.items.map(print).join()}]`
    case 'scalar':
      return tree.raw
  }
}

/** Reads valid JSON by recursive descent. */
function rawTree(text: string): RawTree {
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g) ?? []
  let next = 0
  const take = () => tokens[next++] ?? ''
  const isOver = (end: string) => {
    if (tokens[next] === ',') next++
    if (tokens[next] !== end) return false
    next++
    return true
  }
  const read = (): RawTree => {
    const token = take()
    if (token === '{') {
      const members: RawMember[] = []
      while (!isOver('}')) {
        const rawKey = take()
        take() // the colon
        members.push({ rawKey, key: JSON.parse(rawKey) as string, value: read() })
      }
      return { kind: 'object', members }
    }
    if (token !== '[') return { kind: 'scalar', raw: token }
    const items: RawTree[] = []
    while (!isOver(']')) items.push(read())
    return { kind: 'array', items }
  }
  return read()
}
