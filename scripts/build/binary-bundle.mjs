// Bundles the program and its packages into one CommonJS file that loads native modules from the binary itself.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { build } from 'esbuild'

/** Calls by which packages load their native file, and their replacements. */
const NATIVE_LOADERS = [
  {
    request: /^node-gyp-build-optional-packages$/,
    from: /\/lmdb\//,
    exports: `() => embeddedNative('lmdb.node')`,
  },
  {
    request: /^\.\/binding$/,
    from: /\/fs-native-extensions\//,
    exports: `embeddedNative('fs-native-extensions.node')`,
  },
]

/**
 * Evaluates code that refers to a surrounding variable. The bundler may rename the variables of an ES module, so the code could
 * find another module's. A CommonJS module keeps its names.
 */
const EVALUATES = 'ordered-binary'

/** URL of modules in the bundle: a path that cannot exist. */
const NOWHERE = 'file:///dev/null/hyperfleet'

/**
 * Bundles the program of the project at `root` into the file `path`. Returns the folders of the bundled packages, relative to
 * the root. Throws on any warning of esbuild.
 */
export async function bundle(root, path) {
  const { warnings, metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['src/cli/one-file.ts'],
    outfile: path,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node24',
    charset: 'utf8',
    logLevel: 'silent',
    logOverride: { 'direct-eval': 'warning' },
    metafile: true,
    define: {
      'import.meta.url': JSON.stringify(NOWHERE),
      // Excluded because it would look for a native file next to the binary.
      'process.env.MSGPACKR_NATIVE_ACCELERATION_DISABLED': '"true"',
    },
    plugins: [embedNatives(root), keepNames()],
  })
  const doubtful = warnings.filter(
    ({ id, location }) => id !== 'direct-eval' || !/\.cjs$/.test(location?.file),
  )
  if (doubtful.length > 0)
    throw new Error(doubtful.map(({ text, location }) => `${location?.file}: ${text}`).join('\n'))
  return packageFolders(Object.keys(metafile.inputs))
}

function packageFolders(files) {
  const folders = files.map(file => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0])
  return [...new Set(folders.filter(folder => folder !== undefined))].sort()
}

function embedNatives(root) {
  const path = JSON.stringify(join(root, 'src/binary/native-module.ts'))
  return {
    name: 'embed-natives',
    setup(build) {
      for (const { request, from, exports } of NATIVE_LOADERS) {
        build.onResolve({ filter: request }, ({ importer }) =>
          from.test(importer) ? { path: exports, namespace: 'embedded-native' } : undefined,
        )
      }
      build.onLoad({ filter: /./, namespace: 'embedded-native' }, ({ path: exports }) => ({
        contents: `const { embeddedNative } = require(${path})\nmodule.exports = ${exports}`,
        resolveDir: root,
      }))
    },
  }
}

function keepNames() {
  return {
    name: 'keep-names',
    setup(build) {
      build.onResolve({ filter: new RegExp(`^${EVALUATES}$`) }, ({ importer }) => ({
        path: createRequire(importer).resolve(EVALUATES),
      }))
    },
  }
}
