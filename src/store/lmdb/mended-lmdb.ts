// Makes lmdb load the copy of its native file that the build has patched (scripts/build/native-lmdb.mjs). lmdb loads the file
// on import, so this module must be imported first, and works on import.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../../../native/lmdb', import.meta.url))
const ofThisMachine = join(folder, 'prebuilds', `${process.platform}-${process.arch}`)
if (existsSync(ofThisMachine)) process.env.LMDB_PREBUILD ??= folder
