// Has lmdb load the copy of its native file that the build has mended (scripts/build/native-lmdb.mjs). lmdb loads the file when it
// is imported, so this has to be imported before it, and does its work then.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../../../native/lmdb', import.meta.url))
const ofThisMachine = join(folder, 'prebuilds', `${process.platform}-${process.arch}`)
if (existsSync(ofThisMachine)) process.env.LMDB_PREBUILD ??= folder
