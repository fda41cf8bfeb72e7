// A page of the console that stays open while its server is killed and started again on the same folder and port.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { findBrowser } from '../harness/browser.ts'
import { TestClient } from '../harness/client.ts'
import { apiOf, type CommandProcess, runCommand } from '../harness/command-process.ts'
import { freePort } from '../harness/free-port.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { ConsolePage } from './console-page.ts'

const browser = findBrowser()
const skip = browser === undefined && 'Chromium is missing; Debian has it in the package chromium'

async function kill({ child, ended }: CommandProcess): Promise<void> {
  child.kill('SIGKILL')
  await ended
}

test('a page outlives its server: it says that the server is gone, keeps its rows, and follows the fleet again', {
  skip,
  timeout: TEST_HANGS_AFTER_MS,
}, async t => {
  const folder = await mkdtemp(join(tmpdir(), 'hyperfleet-console-'))
  t.after(() => rm(folder, { recursive: true }))
  const environment = {
    HYPERFLEET_STORAGE_PATH: join(folder, 'data'),
    HYPERFLEET_SERVER_PORT: String(await freePort()),
    HYPERFLEET_HEALTH_PORT: '0',
    HYPERFLEET_METRICS_PORT: '0',
  }
  const serve = () => runCommand(['serve'], environment, folder)
  let server = serve()
  t.after(() => kill(server))
  const origin = new URL(await apiOf(server)).origin
  const client = new TestClient(origin)
  t.after(() => client.close())
  await client.cluster('before-the-kill')
  const page = await ConsolePage.open(browser ?? '', origin)
  t.after(() => page.close())
  await page.show('clusters')
  await page.shows(/before-the-kill/)

  await kill(server)
  await page.shows(/has not answered/)
  assert.match(await page.text(), /before-the-kill/, 'what it has shown stays')

  server = serve()
  await apiOf(server)
  const again = new TestClient(origin)
  t.after(() => again.close())
  await again.cluster('behind-the-kill')
  await page.shows(/behind-the-kill/)
  await page.showsNo(/has not answered/)
})
