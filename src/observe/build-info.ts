// What was built and when, as the build wrote it down beside the program.
import { readFileSync } from 'node:fs'

export interface BuildInfo {
  readonly version: string
  /** RFC 3339. */
  readonly buildTime: string
}

const BUILD_INFO = new URL('../../build-info.json', import.meta.url)

/** @throws Error when the program was not built by its build */
export function readBuildInfo(): BuildInfo {
  const { version, build_time } = JSON.parse(readFileSync(BUILD_INFO, 'utf8'))
  return { version: String(version), buildTime: String(build_time) }
}
