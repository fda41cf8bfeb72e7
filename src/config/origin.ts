// Where a setting comes from, so that nobody has to search for what is in force.
import type { SettingLeaf } from './schema.ts'

export type Origin =
  | { readonly kind: 'default' }
  /** Line and column count from 1. */
  | { readonly kind: 'file'; readonly path: string; readonly line: number; readonly column: number }
  | { readonly kind: 'variable'; readonly name: string }
  /** The name with its dashes. */
  | { readonly kind: 'flag'; readonly name: string }

/** A value that a source gives for a setting. */
export interface Given {
  readonly leaf: SettingLeaf
  readonly value: unknown
  readonly origin: Origin
}

/** What one source gives, and what is wrong in it, in lines for the user. */
export interface Reading {
  readonly given: readonly Given[]
  readonly faults: readonly string[]
}

/** The origin in a few words: `config.yaml:3`, `HYPERFLEET_SERVER_PORT`, `--server-port`, `default`. */
export function originText(origin: Origin): string {
  switch (origin.kind) {
    case 'default':
      return 'default'
    case 'file':
      return `${origin.path}:${origin.line}`
    case 'variable':
    case 'flag':
      return origin.name
  }
}
