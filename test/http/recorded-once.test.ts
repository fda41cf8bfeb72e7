// The record of a request for metrics, log and trace: exactly one, as its client was answered, whatever happened meanwhile.
import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import type { Reply } from '../../src/http/call.ts'
import { problem } from '../../src/http/problems.ts'
import { ENGINES } from '../harness/server.ts'
import { serveApplication } from './application-server.ts'
import { RawClient } from './raw-client.ts'
import { gate, head, until } from './transport-server.ts'

const MIB = 1024 * 1024
const CLUSTERS = '/api/hyperfleet/v1/clusters'
const LARGE: Reply = { kind: 'document', status: 200, body: Buffer.alloc(30 * MIB, 'x') }
const SMALL: Reply = { kind: 'document', status: 200, body: Buffer.from('{}') }

for (const engine of ENGINES)
  describe(`the record of a request (${engine})`, () => {
    test('contract 9: an answer without room is recorded as the 503 that replaces it', async context => {
      let asked = 0
      const handler = () => {
        asked++
        return LARGE
      }
      const server = await serveApplication(context, engine, handler, { inFlightBytes: 40 * MIB })
      const slow = new RawClient(server.port)
      const other = new RawClient(server.port)
      context.after(() => {
        slow.destroy()
        other.destroy()
      })
      slow.pause()
      slow.send(head(`GET ${CLUSTERS}`))
      await until(() => asked === 1)
      const { status } = await other.send(head(`GET ${CLUSTERS}`)).answer()
      assert.equal(status, 503)
      slow.resume()
      await until(() => server.records.length === 2)
      assert.deepEqual(
        server.records.map(record => [record.route, record.status, record.problem?.refusal]),
        [
          ['/clusters', 503, 'answers-busy'],
          ['/clusters', 200, undefined],
        ],
      )
    })

    test('a client that disconnects during its answer is recorded as 499', async context => {
      const server = await serveApplication(context, engine, () => LARGE)
      const slow = new RawClient(server.port).send(head(`GET ${CLUSTERS}`))
      await until(() => slow.pendingBytes > 0)
      slow.destroy()
      await until(() => server.records.length > 0)
      assert.deepEqual(
        server.records.map(record => [record.route, record.status, record.problem]),
        [['/clusters', 499, undefined]],
      )
      assert.deepEqual(server.failures, [])
    })

    test('a client that disconnects during its body is recorded as 499', async context => {
      const server = await serveApplication(context, engine, async ({ request }) => {
        const { kind } = await request.body(MIB)
        assert.equal(kind, 'aborted')
        return problem('HYPERFLEET-VAL-006', 'gone')
      })
      const client = new RawClient(server.port)
      client.send(`${head(`POST ${CLUSTERS}`, 'Content-Length: 10')}x`)
      await new Promise(resolve => setTimeout(resolve, 50))
      client.destroy()
      await until(() => server.records.length > 0)
      assert.deepEqual(
        server.records.map(record => [record.route, record.status, record.problem]),
        [['/clusters', 499, undefined]],
      )
      assert.deepEqual(server.failures, [])
    })

    test('contract 9.1: an answer that cannot be sent is recorded as the 500 that replaces it', async context => {
      const headers = ['X-Broken', 'a\r\nb']
      const server = await serveApplication(context, engine, () => ({ ...SMALL, headers }))
      const client = new RawClient(server.port)
      context.after(() => client.destroy())
      assert.equal((await client.send(head(`GET ${CLUSTERS}`)).answer()).status, 500)
      assert.deepEqual(
        server.records.map(record => [record.status, record.problem?.code]),
        [[500, 'HYPERFLEET-INT-001']],
      )
      assert.equal(server.failures.length, 1)
    })

    /** A write whose client disconnects before its answer is decided. */
    const abandoned = async (context: TestContext, decide: () => Reply) => {
      const { opened, open } = gate()
      let [asked, isGone] = [false, () => false]
      const server = await serveApplication(context, engine, async ({ request }) => {
        asked = true
        isGone = () => request.aborted
        await opened
        return decide()
      })
      const client = new RawClient(server.port)
      client.send(head(`POST ${CLUSTERS}`, 'Content-Length: 0'))
      await until(() => asked)
      client.reset()
      await until(() => isGone())
      open()
      await until(() => server.records.length > 0)
      return server
    }

    test('a request whose client disconnects before the answer is recorded as 499', async context => {
      const { records } = await abandoned(context, () => SMALL)
      assert.deepEqual(
        records.map(({ method, status }) => [method, status]),
        [['POST', 499]],
      )
    })

    test('contract 9.1: a defect is reported even if the client has disconnected', async context => {
      const error = new Error('it broke')
      const { records, failures } = await abandoned(context, () => {
        throw error
      })
      assert.deepEqual(
        records.map(({ method, status }) => [method, status]),
        [['POST', 500]],
      )
      assert.deepEqual(
        failures.map(failure => failure.error),
        [error],
      )
    })
  })
