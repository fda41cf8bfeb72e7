// Facts about the build: written beside the program, or into it.
import { readFileSync } from 'node:fs'
import { embeddedFile } from './embedded.ts'

export interface BuildInfo {
  readonly version: string
  /** Commit hash, perhaps with `+changes`; `unknown` if the build saw no repository. */
  readonly commit: string
  /** RFC 3339. */
  readonly buildTime: string
  /** Version of the native HTTP engine. */
  readonly uwsVersion: string
  /** Node that the native files were built for: its version without `v`, and `process.versions.modules`. */
  readonly node: { readonly version: string; readonly abi: string }
}

const BUILD_INFO = new URL('../../build-info.json', import.meta.url)

/** @throws Error if the program was not made by its build */
export function readBuildInfo(): BuildInfo {
  const text = embeddedFile('build-info.json') ?? readFileSync(BUILD_INFO)
  const { version, commit, build_time, uws_version, node_version, node_abi } = JSON.parse(
    text.toString('utf8'),
  )
  return {
    version: String(version),
    commit: String(commit),
    buildTime: String(build_time),
    uwsVersion: String(uws_version),
    node: { version: String(node_version), abi: String(node_abi) },
  }
}
