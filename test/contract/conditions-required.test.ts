// Required adapters of a resource, and its conditions before they report (contract 6.1-6.3, 6.13).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Bench, benchOnBothEngines } from '../harness/bench.ts'
import { available, awaiting, ready, Story, UNREPORTED, unavailable } from '../harness/story.ts'

const KINDS = ['Cluster', 'NodePool'] as const
const REQUIRED = {
  HYPERFLEET_ADAPTERS_REQUIRED_CLUSTER: '["dns","validator"]',
  HYPERFLEET_ADAPTERS_REQUIRED_NODEPOOL: '["machines"]',
}

/** Tells one story for each kind. */
async function forBothKinds(
  bench: Bench,
  tell: (story: Story, kind: (typeof KINDS)[number]) => Promise<void>,
) {
  for (const kind of KINDS) await tell(await Story.begin(bench, kind), kind)
}

benchOnBothEngines('conditions without required adapters', bench => {
  test('contract 6.2: before any report both are False, with generation 0 and the time of creation', async () => {
    await forBothKinds(bench, async story => {
      await story.expect('Available', { ...UNREPORTED, updated: 0, transition: 0 })
      await story.expect('Ready', { ...UNREPORTED, updated: 0, transition: 0 })
      assert.deepEqual(await story.types(), ['Available', 'Ready'])
    })
  })

  test("contract 6.2, 6.8: before any report a spec change moves only Ready's last_updated_time", async () => {
    await forBothKinds(bench, async story => {
      await story.changeSpec(5)
      await story.changeLabels(6)
      await story.expect('Available', { ...UNREPORTED, updated: 0, transition: 0 })
      await story.expect('Ready', { ...UNREPORTED, updated: 5, transition: 0 })
      await story.changeSpec(9)
      await story.expect('Ready', { ...UNREPORTED, updated: 9, transition: 0 })
    })
  })

  test('contract 6.2, 6.3, 5.6: an Unknown does not count as a report', async () => {
    await forBothKinds(bench, async story => {
      await story.report('dns', 'Unknown', 1, 1)
      await story.changeSpec(5)
      await story.expect('Available', { ...UNREPORTED, updated: 0, transition: 0 })
      await story.expect('Ready', { ...UNREPORTED, updated: 5, transition: 0 })
      await story.report('validator', 'True', 2, 6)
      await story.expect('Ready', { ...ready(2), updated: 6, transition: 6 })
    })
  })

  test('contract 6.1: every adapter that has reported True or False is required', async () => {
    await forBothKinds(bench, async (story, kind) => {
      await story.report('dns', 'True', 1, 1)
      await story.expect('Ready', { ...ready(1), updated: 1, transition: 1 })
      await story.expect('Available', { ...available(1, kind), updated: 1, transition: 1 })
      await story.report('validator', 'False', 1, 2)
      await story.expect('Ready', { ...unavailable(1, 'validator'), updated: 2, transition: 2 })
      await story.expect('Available', { ...unavailable(1, 'validator'), updated: 2, transition: 2 })
      await story.report('validator', 'True', 1, 3)
      await story.expect('Ready', { ...ready(1), updated: 1, transition: 3 })
      await story.expect('Available', { ...available(1, kind), updated: 1, transition: 3 })
    })
  })
})

benchOnBothEngines(
  'conditions with required adapters',
  bench => {
    test('contract 6.1, 6.3: reports of other adapters count only for their own condition', async () => {
      await forBothKinds(bench, async story => {
        await story.report('stranger', 'True', 1, 1)
        await story.expect('Available', { ...UNREPORTED, updated: 0, transition: 0 })
        await story.expect('Ready', { ...UNREPORTED, updated: 0, transition: 0 })
        assert.deepEqual(await story.types(), ['Available', 'Ready', 'StrangerSuccessful'])
      })
    })

    test('contract 6.3, 6.4: other adapters neither delay nor fail a resource', async () => {
      const story = await Story.begin(bench, 'NodePool')
      await story.report('stranger', 'False', 1, 1)
      await story.report('machines', 'True', 1, 2)
      await story.expect('Ready', { ...ready(1), updated: 2, transition: 2 })
      await story.report('stranger', 'False', 1, 3)
      await story.expect('Available', { ...available(1, 'NodePool'), updated: 2, transition: 2 })
    })

    test('contract 6.1, 6.4: all required adapters are needed, and each kind has its own', async () => {
      const story = await Story.begin(bench, 'Cluster')
      await story.report('machines', 'True', 1, 1)
      await story.expect('Ready', { ...UNREPORTED, updated: 0, transition: 0 })
      await story.report('dns', 'True', 1, 2)
      await story.expect('Ready', { ...awaiting(1, 'validator'), updated: 2, transition: 0 })
      await story.expect('Available', { ...awaiting(1, 'validator'), updated: 0, transition: 0 })
      await story.report('validator', 'True', 1, 3)
      await story.expect('Ready', { ...ready(1), updated: 2, transition: 3 })
      await story.expect('Available', { ...available(1), updated: 2, transition: 3 })
    })

    test("contract 6.3: a required adapter's first Unknown does not count", async () => {
      const story = await Story.begin(bench, 'Cluster')
      await story.report('validator', 'Unknown', 1, 1)
      await story.expect('Ready', { ...UNREPORTED, updated: 0, transition: 0 })
      await story.report('dns', 'True', 1, 2)
      await story.expect('Ready', { ...awaiting(1, 'validator'), updated: 2, transition: 0 })
    })
  },
  REQUIRED,
)

benchOnBothEngines(
  'a change of the required adapters',
  bench => {
    const withAdapters = (...names: readonly string[]) => ({
      HYPERFLEET_ADAPTERS_REQUIRED_CLUSTER: JSON.stringify(names),
    })

    test('contract 6.13: it recomputes nothing, and neither do reads, labels and discarded reports', async () => {
      const story = await Story.begin(bench, 'Cluster')
      await story.report('dns', 'True', 1, 1)
      await story.report('validator', 'True', 1, 2)
      const before = await story.conditionsText()
      await bench.restart(withAdapters('dns', 'validator', 'third'))
      assert.equal(await story.conditionsText(), before)
      await story.changeLabels(3)
      assert.equal((await story.send('dns', 'False', 1, 0)).status, 204)
      assert.equal((await story.send('dns', 'Unknown', 1, 4)).status, 204)
      await story.report('third', 'Unknown', 1, 4)
      assert.equal(await story.conditionsText(), before)
      await bench.restart(withAdapters('dns', 'validator', 'third'))
      assert.equal(await story.conditionsText(), before)
    })

    test('contract 6.13: it applies with the next accepted report', async () => {
      await bench.restart(withAdapters('dns', 'validator'))
      const story = await Story.begin(bench, 'Cluster')
      await story.report('dns', 'True', 1, 1)
      await story.expect('Ready', { ...awaiting(1, 'validator'), updated: 1, transition: 0 })
      await bench.restart(withAdapters('dns'))
      await story.expect('Ready', { ...awaiting(1, 'validator'), updated: 1, transition: 0 })
      await story.report('dns', 'True', 1, 2)
      await story.expect('Ready', { ...ready(1), updated: 2, transition: 2 })
      await story.expect('Available', { ...available(1), updated: 2, transition: 2 })
      await bench.restart(withAdapters('dns', 'validator'))
      await story.report('stranger', 'True', 1, 3)
      await story.expect('Ready', { ...awaiting(1, 'validator'), updated: 2, transition: 3 })
      await story.expect('Available', { ...available(1), updated: 2, transition: 2 })
    })

    test('contract 6.13: it applies with the next spec change', async () => {
      await bench.restart(withAdapters('dns'))
      const story = await Story.begin(bench, 'Cluster')
      await story.report('dns', 'True', 1, 1)
      await bench.restart(withAdapters('dns', 'validator'))
      await story.changeSpec(2)
      await story.expect('Ready', {
        ...awaiting(2, 'dns', 'validator'),
        generation: 1,
        updated: 2,
        transition: 2,
      })
      await story.expect('Available', { ...available(1), updated: 1, transition: 1 })
    })

    test('contract 6.13, 6.6: the time of the last spec change survives restarts, and changes of labels do not count', async () => {
      await bench.restart(withAdapters('dns', 'validator'))
      const story = await Story.begin(bench, 'Cluster')
      await story.report('dns', 'True', 1, 1)
      await story.report('validator', 'True', 1, 2)
      await story.changeSpec(5)
      await story.changeLabels(8)
      await bench.restart()
      await story.report('dns', 'True', 1, 9)
      await story.expect('Ready', {
        ...awaiting(2, 'dns', 'validator'),
        generation: 1,
        updated: 5,
        transition: 5,
      })
      await story.expect('Available', { ...available(1), updated: 2, transition: 2 })
    })

    test('contract 6.13, 6.5: a newly required adapter counts with its earlier reports', async () => {
      await bench.restart(withAdapters('dns'))
      const story = await Story.begin(bench, 'Cluster')
      await story.report('validator', 'False', 1, 1)
      await story.report('dns', 'True', 1, 2)
      await story.expect('Ready', { ...ready(1), updated: 2, transition: 2 })
      await bench.restart(withAdapters('dns', 'validator'))
      await story.report('dns', 'True', 1, 3)
      await story.expect('Ready', { ...unavailable(1, 'validator'), updated: 1, transition: 3 })
      await story.expect('Available', { ...unavailable(1, 'validator'), updated: 1, transition: 3 })
    })
  },
  REQUIRED,
)
