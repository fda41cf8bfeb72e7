// Fetches the packages that the binary needs in addition to node_modules, above all its Node, and extracts files from them.
// Accepts a package only with the pinned checksum.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

const TAR_BLOCK_BYTES = 512

/**
 * The packed package (.tgz), from `folder` if it exists there, otherwise through npm.
 * @param {{ name: string, version: string, integrity: string }} pinned
 */
export function fetchPackage({ name, version, integrity }, folder) {
  const path = join(folder, `${name.replace('/', '-')}-${version}.tgz`)
  if (existsSync(path)) {
    const bytes = readFileSync(path)
    if (integrityOf(bytes) === integrity) return bytes
  }
  mkdirSync(folder, { recursive: true })
  const arrival = mkdtempSync(join(folder, 'arrival-'))
  try {
    const packed = join(arrival, download(`${name}@${version}`, arrival))
    const bytes = readFileSync(packed)
    if (integrityOf(bytes) !== integrity)
      throw new Error(`${name}@${version} does not have the pinned checksum: ${integrity}`)
    renameSync(packed, path)
    return bytes
  } finally {
    rmSync(arrival, { recursive: true, force: true })
  }
}

/** One file of a packed package. Throws if it does not exist. */
export function fileOf(packed, path) {
  const tar = gunzipSync(packed)
  for (let at = 0; at < tar.length && tar[at] !== 0; ) {
    const name = [text(tar, at + 345, 155), text(tar, at, 100)].filter(part => part !== '').join('/')
    const size = Number.parseInt(text(tar, at + 124, 12), 8)
    const start = at + TAR_BLOCK_BYTES
    if (name === `package/${path}`) return tar.subarray(start, start + size)
    at = start + Math.ceil(size / TAR_BLOCK_BYTES) * TAR_BLOCK_BYTES
  }
  throw new Error(`the package contains no ${path}`)
}

/** The name of its file in the folder. */
function download(specifier, folder) {
  console.log(`fetching ${specifier}`)
  const args = ['pack', specifier, '--json', '--loglevel=error', '--pack-destination', folder]
  const { status, stdout, stderr } = spawnSync('npm', args, { cwd: folder, encoding: 'utf8' })
  if (status === 0) return JSON.parse(stdout)[0].filename
  throw new Error(
    `${specifier} cannot be fetched from the npm registry, and the binary cannot be built without it: ${reason(stderr)}`,
  )
}

/** The first line of npm's error output that is more than a code. */
function reason(stderr) {
  const said = [...(stderr ?? '').matchAll(/^npm error (?!code|errno|syscall)(.+)$/gm)]
  return said[0]?.[1] ?? 'npm cannot be run'
}

function integrityOf(bytes) {
  return `sha512-${createHash('sha512').update(bytes).digest('base64')}`
}

/** A field of a tar header, up to its first zero byte. */
function text(tar, start, length) {
  const field = tar.subarray(start, start + length)
  const end = field.indexOf(0)
  return field.toString('utf8', 0, end === -1 ? length : end)
}
