// The console with a fleet of 10,000 clusters, or with as many as HYPERFLEET_TEST_CLUSTERS says, from a generated folder.
import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { after, before, describe, test } from 'node:test'
import { ADAPTER_NAMES } from '../../bench/load/fleet.ts'
import { FleetFolders } from '../../bench/load/fleet-folder.ts'
import { findBrowser } from '../harness/browser.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { startTestServer, type TestServer } from '../harness/server.ts'
import { ConsolePage } from './console-page.ts'

const browser = findBrowser()
const skip = browser === undefined && 'Chromium is missing; Debian has it in the package chromium'
const CLUSTERS = Number(process.env.HYPERFLEET_TEST_CLUSTERS ?? 10_000)
/** A folder that keeps the fleet for the next run. */
const KEPT = process.env.HYPERFLEET_TEST_FLEETS
const STATUSES = 2
/** A million clusters take minutes to write and to load. */
const timeout = TEST_HANGS_AFTER_MS + CLUSTERS * 2

const count = (number: number) => number.toLocaleString('en-US')
const nameOf = (number: number) => `load-${String(number).padStart(6, '0')}`
/** One of fifty clusters is not ready, the eighth of them. */
const NOT_READY = Math.ceil((CLUSTERS - 7) / 50)
const ROWS = 'document.querySelector(".table-rows")'
/** True once every row in view has come. */
const IS_WHOLE = '!document.querySelector(".ghost") && document.querySelector(".table-row a")'
/** The number of the first row in view; the first of all has 0. */
const FIRST_ROW = `(() => {
  const { top } = ${ROWS}.getBoundingClientRect()
  const row = [...document.querySelectorAll('.table-row')].find(each => each.getBoundingClientRect().bottom > top + 1)
  return Number(row?.getAttribute('aria-rowindex')) - 2
})()`

describe(`a fleet of ${CLUSTERS} clusters`, { skip, timeout }, () => {
  let folders: FleetFolders
  let server: TestServer
  let page: ConsolePage

  before(
    async () => {
      folders = new FleetFolders(KEPT ?? tmpdir(), KEPT !== undefined)
      const folder = await folders.copy({ clusters: CLUSTERS, statuses: STATUSES })
      server = await startTestServer({ engine: 'uws', environment: {}, folder })
      page = await ConsolePage.open(browser ?? '', server.origin)
    },
    { timeout },
  )
  after(async () => {
    await page?.close()
    await server?.stop()
    folders?.close()
  })

  /** Does something, waits for a condition, and prints how long it took. */
  async function timed(what: string, act: () => Promise<unknown>, condition: string): Promise<void> {
    const asked = page.page.requested.length
    const startMs = performance.now()
    await act()
    await page.page.until(condition)
    const tookMs = Math.round(performance.now() - startMs)
    console.log(`${what}: ${tookMs} ms, ${page.page.requested.length - asked} requests`)
  }

  test('the overview counts all of them, names what needs somebody first, and is accessible', async () => {
    const text = 'document.body.innerText'
    await timed('overview', () => page.show(''), `${text}.includes(${JSON.stringify(count(CLUSTERS))})`)
    await page.assertSound('')
    await page.shows(new RegExp(`${count(CLUSTERS)}\\s+in all[\\s\\S]*${count(NOT_READY)}\\s+not ready`))
    await page.shows(new RegExp(`${nameOf(7)}\\b`))
    await page.shows(new RegExp(`${ADAPTER_NAMES[0]}\\s+${count(NOT_READY)} failing`))
  })

  test('the table shows both ends and the middle of the list, and has few rows in the document', async () => {
    await timed('clusters', () => page.show('clusters?order=created_time%20asc'), IS_WHOLE)
    await page.shows(new RegExp(`${nameOf(0)}\\b`))
    await page.page.value('document.querySelector("[role=grid]").focus()')
    await timed(
      'end',
      () => page.press('End'),
      `${IS_WHOLE} && document.body.innerText.includes("${nameOf(CLUSTERS - 1)}")`,
    )
    const middle = () => page.page.value(`${ROWS}.scrollTop = ${ROWS}.scrollHeight / 2`)
    const half = Math.round(CLUSTERS / 2)
    await timed('middle', middle, `${IS_WHOLE} && Math.abs(${FIRST_ROW} - ${half}) < ${half / 50}`)
    const first = Number(await page.page.value(FIRST_ROW))
    await page.shows(new RegExp(`${nameOf(first + 1)}\\b`))
    assert.ok(Number(await page.page.value('document.querySelectorAll(".table-row").length')) < 200)
    await page.press('Home')
    await page.shows(new RegExp(`${nameOf(0)}\\b`))
    page.assertQuiet('clusters')
  })

  test('the wheel and the arrow keys move by single rows also in the middle', async () => {
    await page.show('clusters?order=created_time%20asc')
    await page.page.until(IS_WHOLE)
    await page.page.value(`${ROWS}.scrollTop = ${ROWS}.scrollHeight / 2`)
    const half = Math.round(CLUSTERS / 2)
    await page.page.until(`${IS_WHOLE} && Math.abs(${FIRST_ROW} - ${half}) < ${half / 50}`)
    const first = Number(await page.page.value(FIRST_ROW))
    const place = { x: 400, y: 400, deltaX: 0, deltaY: 340 }
    await page.page.send('Input.dispatchMouseEvent', { type: 'mouseWheel', ...place })
    await page.page.until(`${FIRST_ROW} > ${first}`)
    // Ten rows, or a few less while the browser scrolls smoothly.
    assert.ok(Number(await page.page.value(FIRST_ROW)) <= first + 11)
    await page.page.until(`Math.abs(${FIRST_ROW} - ${first + 10}) <= 1`)
    page.assertQuiet('wheel')
  })

  test('a search is counted while it is typed', async () => {
    await page.show('clusters')
    await page.type('[role=combobox]', "status.conditions.Ready='False'")
    await page.shows(new RegExp(`${count(NOT_READY)} matches`))
  })

  test('a link shows search, order and columns, and a row leads to its cluster', async () => {
    const search = encodeURIComponent("status.conditions.Ready='False'")
    const link = () => page.show(`clusters?search=${search}&order=name%20asc&columns=reason`)
    await timed('search by name', link, IS_WHOLE)
    await page.shows(new RegExp(`Name ↑\\s*Why\\s*${nameOf(7)}\\s*AdapterNotAvailable\\s*${nameOf(57)}`))
    await page.click(nameOf(7))
    await page.shows(new RegExp(`${nameOf(7)}[\\s\\S]*Conditions[\\s\\S]*Spec`))
    page.assertQuiet('link')
  })

  test('the whole list by name is read from its middle', async () => {
    await page.show('clusters?order=name%20asc')
    await page.page.until(IS_WHOLE)
    const middle = () => page.page.value(`${ROWS}.scrollTop = ${ROWS}.scrollHeight / 2`)
    await timed('middle by name', middle, `${IS_WHOLE} && ${FIRST_ROW} > 0`)
    const first = Number(await page.page.value(FIRST_ROW))
    await page.shows(new RegExp(`${nameOf(first + 1)}\\b`))
  })

  for (const [view, text] of [
    ['adapters', `Reports about ${count(CLUSTERS)} of ${count(CLUSTERS)} clusters`],
    [`queries?search=${encodeURIComponent("labels.region='us-east1'")}`, 'posting-lists'],
    ['server', 'Running for'],
  ] as const)
    test(`the view '${view.split('?')[0]}' is accessible and quiet`, async () => {
      await timed(
        view.split('?')[0] ?? view,
        () => page.show(view),
        `document.body.innerText.includes("${text}")`,
      )
      await page.assertSound(view)
    })
})
