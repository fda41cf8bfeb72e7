// The metrics and labels named by a PromQL expression, for the subset used in this project.

export interface NamedMetric {
  readonly name: string
  /** Labels in the braces after it. */
  readonly labels: readonly string[]
}

export interface NamedInQuery {
  readonly metrics: readonly NamedMetric[]
  /** Labels in the parentheses of `by`. */
  readonly grouped: readonly string[]
}

const WORDS: ReadonlySet<string> = new Set(['and', 'or', 'unless', 'by', 'on', 'bool', 'ignoring', 'without'])
const LABEL = /(\w+)\s*(?:=~|!~|!=|=)/g

export function namedIn(query: string): NamedInQuery {
  const plain = query.replace(/"[^"]*"/g, '""').replace(/\[[^\]]*\]/g, '')
  const groups = [...plain.matchAll(/\bby\s*\(([^)]*)\)/g)]
  const withoutGroups = plain.replace(/\bby\s*\([^)]*\)/g, ' ')
  // A name before an opening parenthesis is a function.
  const names = withoutGroups.matchAll(/(?<![\w.$"])([a-zA-Z_:][\w:]*)(?![\w:]|\s*\()\s*(\{[^}]*\})?/g)
  return {
    metrics: [...withoutBraces(names)].map(([name, braces]) => ({
      name,
      labels: [...braces.matchAll(LABEL)].map(([, label = '']) => label),
    })),
    grouped: groups.flatMap(([, list = '']) => list.split(',').map(label => label.trim())),
  }
}

function* withoutBraces(found: Iterable<RegExpMatchArray>): Generator<readonly [string, string]> {
  for (const [, name = '', braces = ''] of found) if (!WORDS.has(name)) yield [name, braces]
}
