// What was built and when, as the build wrote it down beside the program or into it.
import { readFileSync } from 'node:fs'
import { embeddedFile } from './embedded.ts'

export interface BuildInfo {
  readonly version: string
  /** The hash, perhaps with `+changes`; `unknown` where the build saw no repository. */
  readonly commit: string
  /** RFC 3339. */
  readonly buildTime: string
  /** Of the native HTTP engine that the program was built with. */
  readonly uwsVersion: string
  /** The Node that the native files were made for: its version without a `v`, and `process.versions.modules`. */
  readonly node: { readonly version: string; readonly abi: string }
}

const BUILD_INFO = new URL('../../build-info.json', import.meta.url)

/** @throws Error when the program was not built by its build */
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
