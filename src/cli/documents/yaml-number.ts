// Numbers in YAML by their own characters, in both directions.
import type { ScalarTag } from 'yaml'
import { NumberText } from './tree.ts'

/** Takes what JSON would write so too; `0x1F`, `+1` and `.5` are left to YAML's own numbers. */
export const numberTag: ScalarTag = {
  tag: 'tag:yaml.org,2002:float',
  default: true,
  test: /^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/,
  identify: value => value instanceof NumberText,
  resolve: text => new NumberText(text),
  stringify: ({ value }) => (value instanceof NumberText ? value.text : String(value)),
}
