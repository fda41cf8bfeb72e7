// Facts about the build: the commit, the state of the working tree, the time and the Node version.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The text of build-info.json. The commit comes from git, with `+changes` if the working tree differs, otherwise from
 * SOURCE_COMMIT, otherwise it is unknown. The time is the current one, or SOURCE_DATE_EPOCH.
 * @param {{ version: string, abi: string }} node the Node of the native files
 */
export function buildInfo(root, node) {
  const { version, dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const info = {
    version,
    commit: process.env.SOURCE_COMMIT || commit(root),
    build_time: buildTime(process.env.SOURCE_DATE_EPOCH).toISOString(),
    uws_version: dependencies['@btc-vision/uwebsockets.js'],
    node_version: node.version,
    node_abi: node.abi,
  }
  return `${JSON.stringify(info)}\n`
}

/** @param epoch seconds since 1970, for reproducible builds (reproducible-builds.org) */
function buildTime(epoch) {
  if (epoch === undefined || epoch === '') return new Date()
  if (!/^\d{1,11}$/.test(epoch)) throw new Error(`SOURCE_DATE_EPOCH is not a number of seconds: ${epoch}`)
  return new Date(Number(epoch) * 1000)
}

function commit(root) {
  const hash = git(root, 'rev-parse', 'HEAD')
  if (hash === undefined) return 'unknown'
  return git(root, 'status', '--porcelain') === '' ? hash : `${hash}+changes`
}

/** Output of git; undefined without git or without a commit. */
function git(root, ...args) {
  try {
    return execFileSync('git', args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'ignore'],
      encoding: 'utf8',
    }).trim()
  } catch {
    return undefined
  }
}
