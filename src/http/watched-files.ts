// Tells when files that were given by their paths change, a symbolic link that leads elsewhere included: that is how
// secrets are renewed in a container. Looks at intervals, because notices of the system miss that.
import { unwatchFile, watchFile } from 'node:fs'

/** How often is looked: a renewed certificate or key waits no longer than this. */
const LOOK_EVERY_MS = 2000

/** Calls back after each change; gives what ends that. Keeps no process alive. */
export function watchFiles(paths: readonly string[], onChange: () => void): () => void {
  const listener = () => onChange()
  for (const path of paths) watchFile(path, { persistent: false, interval: LOOK_EVERY_MS }, listener)
  return () => {
    for (const path of paths) unwatchFile(path, listener)
  }
}
