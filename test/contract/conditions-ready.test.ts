// Ready and Available of a cluster that requires dns and validator, event by event (contract 6.4-6.9).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { benchOnBothEngines } from '../harness/bench.ts'
import { available, awaiting, ready, Story, unavailable } from '../harness/story.ts'

/** Not in alphabetical order, because names are shown sorted. */
const REQUIRED = { HYPERFLEET_ADAPTERS_REQUIRED_CLUSTER: '["validator","dns"]' }

benchOnBothEngines(
  'Ready and Available',
  bench => {
    /** A cluster whose adapters have both reported True at generation 1, at 1 and 2 seconds. */
    async function readyStory(): Promise<Story> {
      const story = await Story.begin(bench, 'Cluster')
      await story.report('dns', 'True', 1, 1)
      await story.report('validator', 'True', 1, 2)
      return story
    }

    test('contract 6.4, 6.6, 6.7: Ready is True once all report True at the current generation', async () => {
      const story = await readyStory()
      await story.expect('Ready', { ...ready(1), updated: 1, transition: 2 })
      await story.expect('Available', { ...available(1), updated: 1, transition: 2 })
    })

    test('contract 6.6: their last_updated_time is that of the oldest report', async () => {
      const story = await readyStory()
      await story.report('dns', 'True', 1, 7)
      await story.expect('Ready', { ...ready(1), updated: 2, transition: 2 })
      await story.expect('Available', { ...available(1), updated: 2, transition: 2 })
      await story.report('validator', 'True', 1, 9)
      await story.expect('Ready', { ...ready(1), updated: 7, transition: 2 })
      await story.expect('Available', { ...available(1), updated: 7, transition: 2 })
    })

    test('contract 6.4, 6.5, 6.6, 6.7: a False makes both False, at its own time', async () => {
      const story = await readyStory()
      await story.report('validator', 'False', 1, 5)
      await story.expect('Ready', { ...unavailable(1, 'validator'), updated: 5, transition: 5 })
      await story.expect('Available', { ...unavailable(1, 'validator'), updated: 5, transition: 5 })
      await story.report('dns', 'False', 1, 6)
      await story.expect('Ready', { ...unavailable(1, 'dns', 'validator'), updated: 5, transition: 5 })
      await story.report('validator', 'True', 1, 7)
      await story.expect('Ready', { ...unavailable(1, 'dns'), updated: 6, transition: 5 })
      await story.report('dns', 'True', 1, 8)
      await story.expect('Ready', { ...ready(1), updated: 7, transition: 8 })
      await story.expect('Available', { ...available(1), updated: 7, transition: 8 })
    })

    test('contract 6.4, 6.8, 6.6, 6.7, 6.9: a spec change makes Ready False at once, and leaves its generation and Available', async () => {
      const story = await readyStory()
      await story.changeSpec(5)
      await story.expect('Ready', {
        ...awaiting(2, 'dns', 'validator'),
        generation: 1,
        updated: 5,
        transition: 5,
      })
      await story.expect('Available', { ...available(1), updated: 1, transition: 2 })
      await story.changeSpec(6)
      await story.expect('Ready', {
        ...awaiting(3, 'dns', 'validator'),
        generation: 1,
        updated: 6,
        transition: 5,
      })
      await story.expect('Available', { ...available(1), updated: 1, transition: 2 })
    })

    test('contract 6.8, 6.11: a change of labels changes no condition', async () => {
      const story = await readyStory()
      const before = await story.conditionsText()
      await story.changeLabels(5)
      assert.equal(await story.conditionsText(), before)
    })

    test('contract 6.5, 6.6: with mixed generations Available stays True at its own', async () => {
      const story = await readyStory()
      await story.changeSpec(5)
      await story.report('dns', 'True', 2, 6)
      await story.expect('Ready', { ...awaiting(2, 'validator'), updated: 6, transition: 5 })
      await story.expect('Available', { ...available(1), updated: 1, transition: 2 })
      await story.report('validator', 'True', 2, 7)
      await story.expect('Ready', { ...ready(2), updated: 6, transition: 7 })
      await story.expect('Available', { ...available(2), updated: 6, transition: 2 })
    })

    test('contract 6.5: a False for a later generation leaves Available True until all have reported it', async () => {
      const story = await readyStory()
      await story.changeSpec(5)
      await story.report('dns', 'False', 2, 6)
      await story.expect('Ready', { ...unavailable(2, 'dns'), updated: 6, transition: 5 })
      await story.expect('Available', { ...available(1), updated: 1, transition: 2 })
      await story.report('validator', 'True', 2, 7)
      await story.expect('Ready', { ...unavailable(2, 'dns'), updated: 6, transition: 5 })
      await story.expect('Available', { ...unavailable(2, 'dns'), updated: 6, transition: 7 })
    })

    test('contract 6.5, 6.6, 6.7: a False for its own generation makes Available False there', async () => {
      const story = await readyStory()
      await story.changeSpec(5)
      await story.report('dns', 'True', 2, 6)
      await story.report('validator', 'False', 1, 7)
      await story.expect('Available', { ...unavailable(1, 'validator'), updated: 7, transition: 7 })
      await story.expect('Ready', { ...awaiting(2, 'validator'), updated: 6, transition: 5 })
      await story.report('validator', 'True', 2, 8)
      await story.expect('Available', { ...available(2), updated: 6, transition: 8 })
      await story.expect('Ready', { ...ready(2), updated: 6, transition: 8 })
    })

    test('contract 6.5, 6.6: while Available is False it follows the greatest reported generation', async () => {
      const story = await Story.begin(bench, 'Cluster')
      await story.report('dns', 'False', 1, 1)
      await story.expect('Available', { ...unavailable(1, 'dns'), updated: 1, transition: 0 })
      await story.expect('Ready', { ...unavailable(1, 'dns'), updated: 1, transition: 0 })
      await story.changeSpec(2)
      await story.expect('Available', { ...unavailable(1, 'dns'), updated: 1, transition: 0 })
      await story.expect('Ready', {
        ...awaiting(2, 'dns', 'validator'),
        generation: 1,
        updated: 2,
        transition: 0,
      })
      await story.report('validator', 'True', 2, 3)
      await story.expect('Available', { ...awaiting(2, 'dns'), updated: 1, transition: 0 })
      await story.expect('Ready', { ...awaiting(2, 'dns'), updated: 3, transition: 0 })
      await story.report('validator', 'False', 2, 4)
      await story.expect('Available', { ...unavailable(2, 'validator'), updated: 4, transition: 0 })
      await story.expect('Ready', { ...unavailable(2, 'validator'), updated: 4, transition: 0 })
    })

    test('contract 6.5: with mixed generations Available stays False although all values are True', async () => {
      const story = await Story.begin(bench, 'Cluster')
      await story.report('dns', 'True', 1, 1)
      await story.changeSpec(2)
      await story.report('validator', 'True', 2, 3)
      await story.expect('Available', { ...awaiting(2, 'dns'), updated: 0, transition: 0 })
      await story.report('dns', 'True', 2, 4)
      await story.expect('Available', { ...available(2), updated: 3, transition: 4 })
    })

    test('contract 6.4, 6.5: reports at one generation that is not the current one make only Available True', async () => {
      const story = await Story.begin(bench, 'Cluster')
      await story.changeSpec(1)
      await story.report('dns', 'True', 1, 2)
      await story.report('validator', 'True', 1, 3)
      await story.expect('Available', { ...available(1), updated: 2, transition: 3 })
      await story.expect('Ready', {
        ...awaiting(2, 'dns', 'validator'),
        generation: 0,
        updated: 1,
        transition: 0,
      })
    })

    test('contract 6.6, 6.9: a False for an old generation does not appear as the reason of Ready', async () => {
      const story = await readyStory()
      await story.changeSpec(5)
      await story.report('dns', 'False', 1, 6)
      await story.expect('Ready', {
        ...awaiting(2, 'dns', 'validator'),
        generation: 1,
        updated: 5,
        transition: 5,
      })
      await story.expect('Available', { ...unavailable(1, 'dns'), updated: 6, transition: 6 })
      await story.report('validator', 'True', 2, 7)
      await story.expect('Ready', { ...awaiting(2, 'dns'), updated: 7, transition: 5 })
    })

    test('contract 6.4, 6.8: a Sentinel finds a spec that no adapter has handled yet by generation > observed_generation', async () => {
      const story = await readyStory()
      const generations = async () => {
        const { generation, status } = (await bench.client.get(story.path)).json
        const observed = status.conditions.find((condition: { type: string }) => condition.type === 'Ready')
        return [generation, observed?.observed_generation]
      }
      assert.deepEqual(await generations(), [1, 1])
      await story.changeSpec(5)
      assert.deepEqual(await generations(), [2, 1])
      await story.report('stranger', 'True', 2, 6)
      await story.report('dns', 'False', 1, 7)
      assert.deepEqual(await generations(), [2, 1])
      await story.report('dns', 'False', 2, 8)
      assert.deepEqual(await generations(), [2, 2])
    })

    test('contract 6.9: the names are sorted and carry the reasons of their adapters', async () => {
      const story = await Story.begin(bench, 'Cluster')
      await story.report('validator', 'False', 1, 1, { reason: 'QuotaExceeded', message: 'not shown' })
      await story.expect('Ready', {
        ...unavailable(1, 'validator (QuotaExceeded)'),
        updated: 1,
        transition: 0,
      })
      await story.report('dns', 'False', 1, 2)
      const both = unavailable(1, 'dns', 'validator (QuotaExceeded)')
      await story.expect('Ready', { ...both, updated: 1, transition: 0 })
      await story.expect('Available', { ...both, updated: 1, transition: 0 })
    })

    test('contract 6.6, 6.7: repeated equal reports change only times, and only if the oldest moves', async () => {
      const story = await readyStory()
      const before = await story.conditionsText()
      await story.report('dns', 'True', 1, 1)
      assert.equal(await story.conditionsText(), before)
    })
  },
  REQUIRED,
)

benchOnBothEngines(
  'Ready and Available of a nodepool',
  bench => {
    test('contract 6.9: a nodepool has its own messages and adapters', async () => {
      const story = await Story.begin(bench, 'NodePool')
      await story.report('machines', 'True', 1, 1)
      await story.expect('Available', { ...available(1, 'NodePool'), updated: 1, transition: 1 })
      await story.expect('Ready', { ...ready(1), updated: 1, transition: 1 })
      await story.changeSpec(2)
      await story.expect('Ready', { ...awaiting(2, 'machines'), generation: 1, updated: 2, transition: 2 })
      await story.report('machines', 'False', 2, 3, { reason: 'NoCapacity' })
      await story.expect('Available', {
        ...unavailable(2, 'machines (NoCapacity)'),
        updated: 3,
        transition: 3,
      })
      await story.expect('Ready', { ...unavailable(2, 'machines (NoCapacity)'), updated: 3, transition: 2 })
    })
  },
  { HYPERFLEET_ADAPTERS_REQUIRED_NODEPOOL: '["machines"]' },
)
