// What the build notes about itself: nothing that differs between two builds of one commit.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The text of build-info.json. The commit is that of git, with `+changes` when the working tree is another, or
 * SOURCE_COMMIT where there is no git, or unknown.
 */
export function buildInfo(root) {
  const { version, dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const info = {
    version,
    commit: process.env.SOURCE_COMMIT ?? commit(root),
    build_time: buildTime(root).toISOString(),
    uws_version: dependencies['@btc-vision/uwebsockets.js'],
  }
  return `${JSON.stringify(info)}\n`
}

/** The time of the commit where there is one, so that two builds of it are alike. */
function buildTime(root) {
  const epoch = process.env.SOURCE_DATE_EPOCH ?? git(root, 'log', '-1', '--format=%ct')
  return epoch === undefined ? new Date() : new Date(Number(epoch) * 1000)
}

function commit(root) {
  const hash = git(root, 'rev-parse', 'HEAD')
  if (hash === undefined) return 'unknown'
  return git(root, 'status', '--porcelain') === '' ? hash : `${hash}+changes`
}

/** What git prints; undefined where there is no git or no commit. */
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
