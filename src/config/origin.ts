// Origin of each setting, for messages and for `hyperfleet config`.
import type { SettingLeaf } from './schema.ts'

export type Origin =
  | { readonly kind: 'default' }
  /** Line and column count from 1. */
  | { readonly kind: 'file'; readonly path: string; readonly line: number; readonly column: number }
  | { readonly kind: 'variable'; readonly name: string }
  /** Name of the flag with its dashes. */
  | { readonly kind: 'flag'; readonly name: string }

/** A value that a source gives to a setting. */
export interface Given {
  readonly leaf: SettingLeaf
  readonly value: unknown
  readonly origin: Origin
}

/** Values from one source, and its faults as lines for the user. */
export interface Reading {
  readonly given: readonly Given[]
  readonly faults: readonly string[]
}

/** Short form of an origin: `config.yaml:3`, `HYPERFLEET_SERVER_PORT`, `--server-port`, `default`. */
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
