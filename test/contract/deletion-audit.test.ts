// The audit of force deletions: one line of the log for each (contract 11.12).
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { TestClient } from '../harness/client.ts'
import { createLogFile } from '../harness/log-file.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { ENGINES, startTestServer } from '../harness/server.ts'

const REQUIRED = {
  HYPERFLEET_ADAPTERS_REQUIRED_CLUSTER: '["dns"]',
  HYPERFLEET_ADAPTERS_REQUIRED_NODEPOOL: '["pool"]',
}

for (const engine of ENGINES)
  describe(`the audit of force deletions (${engine})`, { timeout: TEST_HANGS_AFTER_MS }, () => {
    test('contract 11.12: the log has the kind, the id, the caller, the reason and the children, at info', async () => {
      const log = createLogFile()
      const server = await startTestServer({
        engine,
        environment: { ...REQUIRED, HYPERFLEET_LOGGING_LEVEL: 'info' },
        output: log.output,
      })
      const client = new TestClient(server.origin)
      try {
        const cluster = await client.cluster('stuck')
        const pools = [
          await client.nodepool(cluster.id, 'one'),
          await client.nodepool(cluster.id, 'two'),
          await client.nodepool(cluster.id, 'three'),
        ]
        const path = `/clusters/${cluster.id}`
        assert.equal((await client.forceDelete(path, 'too early')).status, 409)
        await client.delete(path)
        const reason = 'the "project"\n{"level":"error","msg":"is closed"} 😀'
        assert.equal((await client.forceDelete(`/nodepools/${pools[1].id}`, reason)).status, 204)
        assert.equal((await client.forceDelete(path, reason)).status, 204)
        assert.equal((await client.forceDelete(path, 'too late')).status, 404)
        const lines = (await log.lines()).filter(({ msg }) => msg === 'force-deleted')
        const author = 'system@hyperfleet.local'
        assert.deepEqual(
          lines.map(({ time: _, ...line }) => line),
          [
            {
              level: 'info',
              kind: 'NodePool',
              id: pools[1].id,
              author,
              reason,
              childCount: 0,
              children: [],
              msg: 'force-deleted',
            },
            {
              level: 'info',
              kind: 'Cluster',
              id: cluster.id,
              author,
              reason,
              childCount: 2,
              children: [pools[2].id, pools[0].id],
              msg: 'force-deleted',
            },
          ],
        )
      } finally {
        client.close()
        await server.stop()
        log.remove()
      }
    })
  })
