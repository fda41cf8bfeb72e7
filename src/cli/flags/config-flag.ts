// The flag that names the file of settings.
import type { Flag } from './flag.ts'

export const CONFIG_FLAG = {
  name: 'config',
  value: 'FILE',
  meaning: "file of settings, in YAML, as for 'hyperfleet serve'",
  completes: 'file',
} as const satisfies Flag
