// SIGHUP: reads the configuration again, and puts in force what may change while the server runs.
import type { Configuration } from '../../config/settings.ts'
import type { RunningServer } from '../../main.ts'
import type { Logger } from '../../observe/log/log.ts'
import { reasonOf } from '../../wire/text.ts'

export interface Reloading {
  readonly log: Logger
  /** Reads the configuration again; throws SettingsError when anything in it is wrong. */
  readonly load: () => Configuration
}

/**
 * Gives what reloads a server. When anything in the configuration is wrong, the settings stay as they are and the log says
 * what; certificate and keys are read anew all the same.
 */
export function createReload(
  started: Configuration,
  { log, load }: Reloading,
): (server: Pick<RunningServer, 'reload'>) => Promise<void> {
  let inForce = started
  return async server => {
    log.info('reloading: configuration, certificate and keys are read anew')
    try {
      inForce = load()
      for (const warning of inForce.warnings) log.warn(warning)
      const waiting = settingsThatWait(started, inForce)
      if (waiting.length > 0) log.warn({ settings: waiting }, 'these settings wait for a restart')
    } catch (error) {
      const reason = reasonOf(error)
      log.error({ reason }, 'the configuration is wrong: all settings stay as they were')
    }
    try {
      await server.reload(inForce.settings)
    } catch (error) {
      log.error({ err: error }, 'the reload failed')
    }
  }
}

/** The names of the settings that differ and are not reloadable. */
function settingsThatWait(started: Configuration, changed: Configuration): string[] {
  return changed.inForce
    .filter(({ leaf, value }, i) => {
      const before = started.inForce[i]?.value
      return !leaf.isReloadable && JSON.stringify(value) !== JSON.stringify(before)
    })
    .map(({ leaf }) => leaf.name)
}
