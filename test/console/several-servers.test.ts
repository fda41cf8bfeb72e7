// The page on a server among several: its role, the writer, and how far behind it is, through a takeover.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { findBrowser } from '../harness/browser.ts'
import { type ClusterServer, TestCluster, writing } from '../harness/cluster.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { postgresPrograms } from '../harness/postgres.ts'
import { ConsolePage } from './console-page.ts'

const browser = findBrowser()
const programs = postgresPrograms()
const skip =
  'missing' in programs
    ? programs.missing
    : browser === undefined && 'Chromium is missing; Debian has it in the package chromium'

describe('the console of servers on one journal', { skip, timeout: TEST_HANGS_AFTER_MS }, () => {
  let cluster: TestCluster
  let one: ClusterServer
  let two: ClusterServer
  let page: ConsolePage

  before(async () => {
    assert.ok('folder' in programs)
    cluster = await TestCluster.start(programs.folder)
    // Reads of the follower are answered by the writer.
    one = await cluster.server()
    two = await cluster.server()
    const begun = await one.run(['cluster', 'init'])
    assert.equal(begun.code, 0, begun.stderr)
    await one.start()
    await writing(one)
    await two.start()
  })

  after(async () => {
    await page?.close()
    await cluster?.remove()
  })

  test('contract 14.13: the writer and the follower say what they are', async () => {
    page = await ConsolePage.open(browser ?? '', one.origin)
    await page.show('server')
    await page.shows(/Role\s+writer[\s\S]*Epoch\s+1[\s\S]*Behind\s+0 entries/)
    await page.assertSound('server')
    await page.close()
    page = await ConsolePage.open(browser ?? '', two.origin)
    await page.show('server')
    await page.shows(/Role\s+follower[\s\S]*Writer\s+http/)
    assert.ok((await page.text()).includes(one.origin))
    await page.assertSound('server')
  })

  test('contract 14.2: the table of a follower follows what is written through another server', async () => {
    await page.show('clusters')
    await page.shows(/There are no clusters yet/)
    await one.client.cluster('through-the-writer')
    await page.shows(/through-the-writer/)
    const { json } = await two.client.list('/clusters', {})
    const [{ id }] = json.items
    await page.show(`clusters/${id}`)
    await page.shows(/Nothing has happened yet/)
    await one.client.patch(`/clusters/${id}`, { labels: { region: 'eu' } })
    await page.shows(/region=eu[\s\S]*changed the labels/)
  })

  test('contract 14.4, 14.13: the page of a follower shows that it has taken over', async () => {
    await page.show('server')
    await page.shows(/Role\s+follower/)
    await one.kill()
    await page.shows(/Role\s+writer[\s\S]*Epoch\s+2/)
    await page.show('clusters')
    await page.shows(/through-the-writer/)
    await one.start()
    await page.close()
    page = await ConsolePage.open(browser ?? '', one.origin)
    await page.show('server')
    await page.shows(/Role\s+follower[\s\S]*Epoch\s+2/)
    assert.ok((await page.text()).includes(two.origin))
  })
})
