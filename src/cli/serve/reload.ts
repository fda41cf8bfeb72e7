// SIGHUP: reads the configuration again, and applies the settings that may change while the server runs.
import type { Configuration } from '../../config/settings.ts'
import type { RunningServer } from '../../main.ts'
import type { Logger } from '../../observe/log/log.ts'
import { reasonOf } from '../../wire/text.ts'

export interface Reloading {
  readonly log: Logger
  /** Reads the configuration again. Throws SettingsError if anything in it is invalid. */
  readonly load: () => Configuration
}

/**
 * Creates a function that reloads a server. If the configuration is invalid, the settings stay as they are and the log says why.
 * Certificate and keys are read again in any case.
 */
export function createReload(
  started: Configuration,
  { log, load }: Reloading,
): (server: Pick<RunningServer, 'reload'>) => Promise<void> {
  let inForce = started
  return async server => {
    log.info('reloading: configuration, certificate and keys')
    try {
      inForce = load()
      for (const warning of inForce.warnings) log.warn(warning)
      const waiting = settingsThatWait(started, inForce)
      if (waiting.length > 0) log.warn({ settings: waiting }, 'these settings take effect at the next start')
    } catch (error) {
      const reason = reasonOf(error)
      log.error({ reason }, 'invalid configuration: keeping all settings')
    }
    try {
      await server.reload(inForce.settings)
    } catch (error) {
      log.error({ err: error }, 'reload failed')
    }
  }
}

/** The names of changed settings that are not reloadable. */
function settingsThatWait(started: Configuration, changed: Configuration): string[] {
  return changed.inForce
    .filter(({ leaf, value }, i) => {
      const before = started.inForce[i]?.value
      return !leaf.isReloadable && JSON.stringify(value) !== JSON.stringify(before)
    })
    .map(({ leaf }) => leaf.name)
}
