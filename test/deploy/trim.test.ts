// Files removed from an image: none that a running server has loaded, and nearly all that it never loads.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { apiOf, runCommand } from '../harness/command-process.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const SCRIPT = join(ROOT, 'scripts/build/trim.mjs')
const { platform, arch, versions } = process
const isGlibc = platform !== 'linux' || JSON.stringify(process.report.getReport()).includes('glibcVersion')
const [libc, otherLibc] = isGlibc ? ['glibc', 'musl'] : ['musl', 'glibc']
const UWS = `uws_${platform}_${arch}_${versions.modules}.node`

/** Trims a folder with these files. Resolves with the remaining ones. */
async function leftOf(paths: readonly string[]): Promise<string[]> {
  const root = await mkdtemp(join(tmpdir(), 'hyperfleet-test-'))
  try {
    for (const path of paths) {
      await mkdir(dirname(join(root, path)), { recursive: true })
      await writeFile(join(root, path), path)
    }
    execFileSync(process.execPath, [SCRIPT, root])
    const entries = await readdir(root, { recursive: true, withFileTypes: true })
    return entries
      .filter(entry => entry.isFile())
      .map(entry => relative(root, join(entry.parentPath, entry.name)))
      .toSorted()
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}

test('only the native files that this machine loads remain', async () => {
  const needed = [
    `node_modules/@btc-vision/uwebsockets.js/${UWS}`,
    `node_modules/@lmdb/lmdb-${platform}-${arch}/node.abi${versions.modules}.${libc}.node`,
    `node_modules/@lmdb/lmdb-${platform}-${arch}/node.napi.${libc}.node`,
    `node_modules/fs-native-extensions/prebuilds/${platform}-${arch}/fs-native-extensions.node`,
    'node_modules/unknown/build/anything.node',
  ]
  const never = [
    'node_modules/@btc-vision/uwebsockets.js/uws_other_x64_1.node',
    `node_modules/@lmdb/lmdb-${platform}-${arch}/node.abi1.${libc}.node`,
    `node_modules/@lmdb/lmdb-${platform}-${arch}/node.napi.${otherLibc}.node`,
    'node_modules/fs-native-extensions/prebuilds/ios-arm64/fs-native-extensions.bare',
    'node_modules/fs-native-extensions/prebuilds/other-arch/fs-native-extensions.node',
  ]
  assert.deepEqual(await leftOf([...needed, ...never]), needed.toSorted())
})

test('if the build has made a patched copy of a native file, only the copy stays', async () => {
  const copies = [
    `dist/native/${UWS}`,
    `dist/native/lmdb/prebuilds/${platform}-${arch}/node.napi.${libc}.node`,
  ]
  const others = [`node_modules/@msgpackr-extract/this/node.napi.${libc}.node`]
  const originals = [
    `node_modules/@btc-vision/uwebsockets.js/${UWS}`,
    `node_modules/@lmdb/this/node.napi.${libc}.node`,
  ]
  assert.deepEqual(await leftOf([...copies, ...others, ...originals]), [...copies, ...others].toSorted())
})

test('of other files, only those are removed that are for browsers, bundlers and debuggers', async () => {
  const needed = [
    'dist/src/main.js',
    'dist/src/main.js.map',
    'node_modules/a/LICENSE',
    'node_modules/a/index.js',
    'node_modules/a/package.json',
    'node_modules/swagger-ui-dist/LICENSE',
    'node_modules/swagger-ui-dist/package.json',
    'node_modules/swagger-ui-dist/swagger-ui-bundle.js',
    'node_modules/swagger-ui-dist/swagger-ui-bundle.js.LICENSE.txt',
    'node_modules/swagger-ui-dist/swagger-ui.css',
  ]
  const never = [
    'node_modules/a/README.md',
    'node_modules/a/index.d.ts',
    'node_modules/a/index.js.map',
    'node_modules/swagger-ui-dist/swagger-ui-es-bundle.js',
  ]
  assert.deepEqual(await leftOf([...needed, ...never]), needed)
})

test('every native file that a running server has loaded stays', {
  timeout: TEST_HANGS_AFTER_MS,
}, async t => {
  if (platform !== 'linux') return t.skip('only Linux tells which files a process has loaded')
  const folder = await mkdtemp(join(tmpdir(), 'hyperfleet-test-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const ports = ['SERVER', 'HEALTH', 'METRICS'].map(name => [`HYPERFLEET_${name}_PORT`, '0'])
  const environment = { ...Object.fromEntries(ports), HYPERFLEET_STORAGE_PATH: join(folder, 'data') }
  const server = runCommand(['serve'], environment, folder)
  try {
    await apiOf(server)
    const maps = await readFile(`/proc/${server.child.pid}/maps`, 'utf8')
    const loaded = new Set(
      [...maps.matchAll(/ (\/\S+\.node)$/gm)].map(([, path = '']) => relative(ROOT, path)),
    )
    assert.ok(loaded.size >= 3, [...loaded].join())
    // Compares names only, because this build's copies are in another folder.
    const native = await readdir(join(ROOT, 'dist/native'), { recursive: true })
    const copies = native.filter(name => name.endsWith('.node')).map(name => join('dist/native', name))
    const left = await leftOf([...new Set([...loaded, ...copies])])
    assert.deepEqual(
      [...loaded].filter(path => !left.includes(path)),
      [],
    )
  } finally {
    server.child.kill('SIGKILL')
    await server.ended
  }
})
