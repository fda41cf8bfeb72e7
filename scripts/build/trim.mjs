// Removes files that the server never loads from an installation for this machine, such as an image, after `npm prune --omit=dev`:
// native files of other platforms and Node versions, native files with a patched copy, and files of packages for browsers,
// bundlers and debuggers.
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Files of Swagger UI that the page of the OpenAPI document loads, and those that its licences require. */
const PAGE_FILES = /^(swagger-ui\.css|swagger-ui-bundle\.js|package\.json|LICENSE|NOTICE|.*\.LICENSE\.txt)$/
const FOR_TOOLS = /\.(map|d\.[cm]?ts|md|markdown)$/

/** This machine, in the terms that names of native files use. */
function thisMachine() {
  const { platform, arch, versions, report } = process
  const isMusl = platform === 'linux' && report.getReport().header.glibcVersionRuntime === undefined
  return { platform, arch, abi: versions.modules, libc: isMusl ? 'musl' : 'glibc' }
}

/** Reports whether a native file can be loaded on a machine; unknown files count as loadable. */
function fits(path, { platform, arch, abi, libc }) {
  const [, prebuilt] = /\/prebuilds\/([^/]+)\//.exec(path) ?? []
  if (prebuilt !== undefined && prebuilt !== `${platform}-${arch}`) return false
  const name = path.slice(path.lastIndexOf('/') + 1)
  if (name.startsWith('uws_')) return name === `uws_${platform}_${arch}_${abi}.node`
  const [, fileAbi, fileLibc] = /^node\.(?:abi(\d+)|napi)\.(glibc|musl)\.node$/.exec(name) ?? []
  return (fileAbi === undefined || fileAbi === abi) && (fileLibc === undefined || fileLibc === libc)
}

/** Reports whether the server loads a file; `copies` are the names of the native files with a patched copy. */
export function isNeeded(path, machine, copies) {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const isOfPackage = path.startsWith('node_modules/')
  if (/\.(node|bare)$/.test(name))
    return name.endsWith('.node') && fits(path, machine) && !(isOfPackage && hasCopy(path, copies))
  if (path.startsWith('node_modules/swagger-ui-dist/')) return PAGE_FILES.test(name)
  return !(isOfPackage && FOR_TOOLS.test(name))
}

/** The packages that are loaded from the copies. The same names in other packages are other files. */
function hasCopy(path, copies) {
  return (
    /^node_modules\/(@btc-vision|@lmdb)\//.test(path) && copies.has(path.slice(path.lastIndexOf('/') + 1))
  )
}

function files(folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return files(path)
    return entry.isFile() ? [path] : []
  })
}

/** Trims the installation in a folder. Returns the number of files and bytes removed. */
export function trim(root, machine) {
  const native = join(root, 'dist', 'native')
  const copies = new Set(files(native).map(path => path.slice(path.lastIndexOf('/') + 1)))
  const removed = [...files(join(root, 'node_modules')), ...files(native)].filter(
    path => !isNeeded(relative(root, path), machine, copies),
  )
  let bytes = 0
  for (const path of removed) {
    bytes += statSync(path).size
    rmSync(path)
  }
  return { files: removed.length, bytes }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), '../..')
  const { files, bytes } = trim(root, thisMachine())
  console.log(`removed ${files} files that are not loaded here, ${Math.round(bytes / 1024 ** 2)} MiB`)
}
