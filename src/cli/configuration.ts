// The configuration of this process: its command line, its environment and the files of this machine.
import { readFileSync } from 'node:fs'
import { type Configuration, loadConfiguration } from '../config/settings.ts'

/** @throws SettingsError that lists everything that is wrong */
export function processConfiguration(flags: readonly string[]): Configuration {
  return loadConfiguration({ flags, environment: process.env, readFile: readIfThere })
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return undefined
    throw error
  }
}
