// The views of the console in a real browser, with fleets of several sizes: what they show, that they are accessible, and that the browser has
// nothing to complain about.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { findBrowser } from '../harness/browser.ts'
import { TestClient } from '../harness/client.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { startTestServer, type TestServer } from '../harness/server.ts'
import { ConsolePage } from './console-page.ts'

const browser = findBrowser()
const skip = browser === undefined && 'Chromium is missing; Debian has it in the package chromium'

const VIEWS = ['', 'clusters', 'nodepools', 'adapters', 'queries', 'server']

interface Fleet {
  readonly server: TestServer
  readonly client: TestClient
  readonly console: ConsolePage
}

async function openFleet(environment: Record<string, string> = {}): Promise<Fleet> {
  const server = await startTestServer({ engine: 'uws', environment })
  const client = new TestClient(server.origin)
  const console = await ConsolePage.open(browser ?? '', server.origin)
  return { server, client, console }
}

async function closeFleet(fleet: Fleet | undefined): Promise<void> {
  await fleet?.console.close()
  fleet?.client.close()
  await fleet?.server.stop()
}

function report(adapter: string, generation: number, status: string, extra: object = {}) {
  const time = new Date().toISOString()
  return {
    adapter,
    observed_generation: generation,
    observed_time: time,
    conditions: ['Available', 'Applied', 'Health'].map(type => ({
      type,
      status,
      reason: 'Test',
      message: `${type} is ${status}`,
    })),
    ...extra,
  }
}

describe('an empty fleet', { skip, timeout: TEST_HANGS_AFTER_MS }, () => {
  let fleet: Fleet
  before(async () => {
    fleet = await openFleet()
  })
  after(() => closeFleet(fleet))

  for (const view of VIEWS)
    test(`the view '${view}' is accessible and quiet`, async () => {
      await fleet.console.assertSound(view)
    })

  test('the overview has the commands that fill it', async () => {
    await fleet.console.show('')
    await fleet.console.shows(/hyperfleet create cluster[\s\S]*hyperfleet simulate/)
  })
})

describe('a small fleet', { skip, timeout: TEST_HANGS_AFTER_MS }, () => {
  let fleet: Fleet
  let id: string
  before(async () => {
    fleet = await openFleet()
    const { client } = fleet
    for (const [name, region] of [
      ['alpha', 'eu'],
      ['beta', 'us'],
      ['gamma', 'eu'],
    ] as const) {
      const { json } = await client.post('/clusters', {
        kind: 'Cluster',
        name,
        labels: { region },
        spec: { version: '4.17.3', size: { nodes: 3 } },
      })
      id = name === 'alpha' ? json.id : id
      await client.post(
        `/clusters/${json.id}/statuses`,
        report('validator', 1, name === 'beta' ? 'False' : 'True', { data: { checked: ['dns'] } }),
      )
      await client.post(`/clusters/${json.id}/nodepools`, { kind: 'NodePool', name: 'workers', spec: {} })
    }
  })
  after(() => closeFleet(fleet))

  for (const view of [...VIEWS, 'clusters?search=name%20like%20%27%25a%25%27', 'nowhere'])
    test(`the view '${view}' is accessible and quiet`, async () => {
      await fleet.console.assertSound(view)
    })

  test('the view of a cluster is accessible, and shows conditions, reports, nodepools and spec', async () => {
    const view = `clusters/${id}`
    await fleet.console.show(view)
    await fleet.console.shows(
      /alpha[\s\S]*ValidatorSuccessful[\s\S]*region=eu[\s\S]*validator[\s\S]*workers[\s\S]*4\.17\.3/,
    )
    await fleet.console.assertAccessible(view)
    fleet.console.assertQuiet(view)
  })

  test('the overview counts, and a bar leads to its clusters', async () => {
    await fleet.console.show('')
    await fleet.console.shows(/3\s*in all[\s\S]*2\s*ready[\s\S]*1\s*not ready/)
    await fleet.console.click('eu')
    await fleet.console.shows(/2 matches/)
    await fleet.console.shows(/gamma[\s\S]*alpha/)
    assert.doesNotMatch(await fleet.console.text(), /beta/)
  })

  test('a list is sorted and filtered by its address alone', async () => {
    await fleet.console.show(
      `clusters?search=${encodeURIComponent("labels.region='eu'")}&order=name%20asc&columns=labels`,
    )
    await fleet.console.shows(/Name ↑\s*Labels\s*alpha\s*region=eu\s*gamma/)
  })

  test('the field for a search proposes fields and values, and counts matches', async () => {
    await fleet.console.show('clusters')
    await fleet.console.type('input[role=combobox]', 'labels.reg')
    await fleet.console.shows(/labels\.region/)
    await fleet.console.press('ArrowDown')
    await fleet.console.press('Enter')
    await fleet.console.page.until(
      'document.querySelector("input[role=combobox]").value === "labels.region "',
    )
    await fleet.console.type('input[role=combobox]', 'labels.region = ')
    await fleet.console.shows(/'eu'/)
    await fleet.console.type('input[role=combobox]', "labels.region = 'us'")
    await fleet.console.shows(/1 match\b/)
  })

  test('the plan of a search names the fields that no index answers, and the setting', async () => {
    await fleet.console.show(`queries?search=${encodeURIComponent("spec.zone='a'")}`)
    await fleet.console.shows(/row-scan[\s\S]*spec\.zone[\s\S]*HYPERFLEET_SEARCH_SPEC_INDEXES/)
  })

  test('the view of the server draws what it knows two values of', async () => {
    await fleet.console.show('server')
    await fleet.console.shows(/Memory\s+Not known yet/)
    await fleet.console.page.until('document.querySelectorAll(".chart canvas").length > 3')
    await fleet.console.assertAccessible('server')
  })

  test('a fault of the search is shown at its place', async () => {
    await fleet.console.show('clusters')
    await fleet.console.type('input[role=combobox]', "name = = 'a'")
    await fleet.console.page.until('document.querySelector("#search-outcome mark")?.innerText === "="')
  })

  test('labels are edited, and a version that somebody else wrote meanwhile is not overwritten (contract 12.12)', async () => {
    await fleet.console.show(`clusters/${id}`)
    await fleet.console.click('Edit')
    await fleet.console.type('input[aria-label^="Value of"]', 'north')
    await fleet.console.click('Save')
    await fleet.console.shows(/region=north/)
    assert.deepEqual((await fleet.client.get(`/clusters/${id}`)).json.labels, { region: 'north' })

    await fleet.console.click('Edit')
    await fleet.console.type('input[aria-label^="Value of"]', 'mine')
    await fleet.client.patch(`/clusters/${id}`, { labels: { region: 'theirs' } })
    await fleet.console.click('Save')
    await fleet.console.shows(/Somebody else has changed it/)
    assert.deepEqual((await fleet.client.get(`/clusters/${id}`)).json.labels, { region: 'theirs' })
  })

  test('a change by somebody else is shown at once, and told', async () => {
    await fleet.console.show(`clusters/${id}`)
    await fleet.console.shows(/Nothing has happened yet/)
    await fleet.client.post(`/clusters/${id}/statuses`, report('dns', 1, 'False'))
    await fleet.console.shows(/Ready became False/)
    await fleet.console.shows(/DnsSuccessful/)
  })

  test('a cluster is created, deleted and removed by force', async () => {
    await fleet.console.show('clusters')
    await fleet.console.click('Create cluster')
    await fleet.console.type('dialog[open] input[required]', 'made-here')
    await fleet.console.click('Create')
    await fleet.console.shows(/made-here[\s\S]*generation 1/)
    const { json } = await fleet.client.list('/clusters', { search: "name='made-here'" })
    const made = `/clusters/${json.items[0].id}`
    await fleet.client.post(`${made}/statuses`, report('validator', 1, 'True'))
    await fleet.console.click('Delete…')
    await fleet.console.click('Delete')
    await fleet.console.shows(/Being deleted for[\s\S]*It waits for validator/)
    await fleet.console.click('Force delete…')
    await fleet.console.type('dialog[open] input[required]', 'the test is over')
    await fleet.console.click('Remove by force')
    await fleet.console.shows(/Clusters 3/)
    assert.equal((await fleet.client.get(made)).status, 404)
  })

  test('the grid is used by keyboard alone', async () => {
    await fleet.console.show('clusters?order=name%20asc')
    await fleet.console.shows(/alpha/)
    await fleet.console.page.value('document.querySelector("[role=grid]").focus()')
    await fleet.console.press('ArrowDown')
    await fleet.console.press('Enter')
    await fleet.console.shows(/beta[\s\S]*Conditions/)
  })
})

describe('a hostile fleet', { skip, timeout: TEST_HANGS_AFTER_MS }, () => {
  const MARKUP = '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>'
  const RIGHT_TO_LEFT = '\u202egnirts \u05d0\u05d1'
  let fleet: Fleet
  let id: string
  before(async () => {
    fleet = await openFleet()
    const { client } = fleet
    const created = await client.post('/clusters', {
      kind: 'Cluster',
      name: 'hostile',
      labels: {
        region: MARKUP,
        long: 'x'.repeat(255),
        [`${RIGHT_TO_LEFT}`]: RIGHT_TO_LEFT,
        'javascript:alert(1)': "' or name like '%",
      },
      spec: {
        markup: MARKUP,
        __proto__: { polluted: true },
        large: 'y'.repeat(900_000),
        deep: { a: { b: { c: { d: {} } } } },
      },
    })
    assert.equal(created.status, 201)
    id = created.json.id
    const hostile = report('validator', 1, 'True', {
      data: { [MARKUP]: MARKUP },
      metadata: { note: RIGHT_TO_LEFT },
    })
    hostile.conditions = hostile.conditions.map(each => ({ ...each, reason: 'R', message: MARKUP }))
    await client.post(`/clusters/${id}/statuses`, hostile)
  })
  after(() => closeFleet(fleet))

  for (const view of ['', 'clusters?columns=labels,reason', 'adapters', 'cluster'])
    test(`the view '${view}' shows it as text`, async () => {
      await fleet.console.show(view === 'cluster' ? `clusters/${id}` : view)
      await fleet.console.showsNo(/Loading/)
      await fleet.console.shows(view === 'adapters' ? /validator/ : /<img src=x|hostile|in all/)
      assert.equal(
        await fleet.console.page.value('document.querySelector("img, script:not([src])") === null'),
        true,
      )
      assert.doesNotMatch(String(await fleet.console.page.value('document.title')), /owned/)
      await fleet.console.assertAccessible(view)
      fleet.console.assertQuiet(view)
    })
})
