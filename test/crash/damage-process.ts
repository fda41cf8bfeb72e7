// A process that opens one damaged data folder after the other and tells what came of each. LMDB may end it at any time, so
// it says which one it begins. Arguments: the folder of the original, a folder to work in,
// and of how many folders that open one is also used; the damages come on its input.
import { readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { StoreError } from '../../src/store/errors.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { clusterOf, dump, optionsFor, put } from '../store/samples.ts'
import { type Damage, loadOriginal, writeDamaged } from './damaged-folder.ts'

const [originalFolder = '', workFolder = '', useEvery = '1'] = process.argv.slice(2)
const original = loadOriginal(originalFolder)
// Only the test writes it.
const damages = JSON.parse(readFileSync(0, 'utf8')) as Damage[]

/** Changes some records, folds them in, and compares the reopened folder with the records before. */
async function useAndReopen(store: Store, folder: string): Promise<string> {
  for (let i = 1; i <= 40; i++) {
    void store.stage([put(clusterOf(5000 + i))])
    if (i % 10 === 0) await store.settled()
  }
  const before = dump(store)
  await store.close()
  const again = await openStore(optionsFor(folder))
  const isSame = isEqual(dump(again), before)
  await again.close()
  return isSame ? 'whole' : 'wrong after a restart'
}

async function outcomeOf(folder: string, isUsed: boolean): Promise<string> {
  let store: Store
  try {
    store = await openStore(optionsFor(folder))
  } catch (error) {
    return error instanceof StoreError ? `refused ${error.kind}: ${error.message}` : `threw ${error}`
  }
  if (!isEqual(dump(store), original.shown)) return 'wrong'
  try {
    if (!isUsed) {
      await store.close()
      return 'whole'
    }
    return await useAndReopen(store, folder)
  } catch (error) {
    return `wrong later: ${error}`
  }
}

function isEqual(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, i) => line === b[i])
}

for (const [i, damage] of damages.entries()) {
  writeSync(1, `begin ${i}\n`)
  const folder = join(workFolder, 'data')
  rmSync(folder, { recursive: true, force: true })
  writeDamaged(folder, original, damage)
  writeSync(1, `end ${i} ${(await outcomeOf(folder, i % Number(useEvery) === 0)).replaceAll('\n', ' ')}\n`)
}
