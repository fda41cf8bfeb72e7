// Authentication: the author of a change comes from the token. A token without an author can only read.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { at, benchOnBothEngines } from '../harness/bench.ts'
import { report } from '../harness/client.ts'
import { assertProblem } from '../harness/problem.ts'
import { Signer, writeKeySet } from '../harness/tokens.ts'

const signer = await Signer.create('one')
const keySet = writeKeySet([signer])

/** Values of the claim that are not e-mail addresses. */
const NO_EMAILS: readonly unknown[] = [
  '',
  'root',
  'user@',
  '@example.com',
  'user@example.com ',
  ' user@example.com',
  'user name@example.com',
  'user@exam ple.com',
  'a@b@example.com',
  'user@.com',
  'user@example..com',
  'user..name@example.com',
  '.user@example.com',
  'user@-example.com',
  'user"@example.com',
  'user@example.com\n',
  'user@example.com\0',
  '<user@example.com>',
  'User <user@example.com>',
  'üser@example.com',
  `${'u'.repeat(300)}@example.com`,
  null,
  5,
  true,
  ['user@example.com'],
  { address: 'user@example.com' },
]

benchOnBothEngines(
  'the author of a change',
  bench => {
    const as = async (email: unknown) => ({
      authorization: await signer.bearer({ claims: { email, upn: 'other@example.com' } }),
    })
    const create = async (name: string, email: unknown) =>
      bench.client.send('/clusters', {
        method: 'POST',
        headers: await as(email),
        body: { kind: 'Cluster', name, spec: {} },
      })

    test('contract 10.2, 3.6: created_by and updated_by come from the token', async () => {
      for (const email of ['ann@example.com', "o'neil+tag@sub-1.example.co", 'A.B_c%d@Example.COM']) {
        const { status, json } = await create(bench.name(), email)
        assert.equal(status, 201)
        assert.deepEqual([json.created_by, json.updated_by], [email, email])
      }
    })

    test('contract 10.2, 4.5: a change by another author names that author', async () => {
      const { json } = await create(bench.name(), 'ann@example.com')
      const path = `/clusters/${json.id}`
      const headers = await as('bob@example.com')
      const changed = await bench.client.send(path, {
        method: 'PATCH',
        headers,
        body: { labels: { a: 'b' } },
      })
      assert.deepEqual(
        [changed.json.created_by, changed.json.updated_by],
        ['ann@example.com', 'bob@example.com'],
      )
      const same = await bench.client.send(path, {
        method: 'PATCH',
        headers: await as('eve@example.com'),
        body: { labels: { a: 'b' } },
      })
      assert.equal(same.json.updated_by, 'bob@example.com')
      const nodepool = await bench.client.send(`${path}/nodepools`, {
        method: 'POST',
        headers,
        body: { kind: 'NodePool', name: 'pool', spec: {} },
      })
      assert.deepEqual(
        [nodepool.json.created_by, nodepool.json.updated_by],
        ['bob@example.com', 'bob@example.com'],
      )
    })

    test('contract 10.2, 3.6, 11.2, 11.4: deleted_by is the author of the DELETE, and updated_by stays', async () => {
      const { json } = await create(bench.name(), 'ann@example.com')
      const path = `/clusters/${json.id}`
      const [ann, bob, eve] = [
        await as('ann@example.com'),
        await as('bob@example.com'),
        await as('eve@example.com'),
      ]
      const body = { kind: 'NodePool', name: 'pool', spec: {} }
      const pool = await bench.client.send(`${path}/nodepools`, { method: 'POST', headers: ann, body })
      for (const target of [path, `/nodepools/${pool.json.id}`]) {
        const reported = report('dns', 'True', 1, at(0))
        await bench.client.send(`${target}/statuses`, { method: 'PUT', headers: eve, body: reported })
      }
      const deleted = await bench.client.send(path, { method: 'DELETE', headers: bob })
      const again = await bench.client.send(path, { method: 'DELETE', headers: eve })
      const cascaded = await bench.client.get(`/nodepools/${pool.json.id}`, eve)
      for (const { json: shown } of [deleted, again, cascaded])
        assert.deepEqual([shown.updated_by, shown.deleted_by], ['ann@example.com', 'bob@example.com'])
    })

    test('contract 10.2, 6.12: a report changes no author', async () => {
      const { json } = await create(bench.name(), 'ann@example.com')
      const headers = await as('bob@example.com')
      const body = report('dns', 'True', 1, at(0))
      const reported = await bench.client.send(`/clusters/${json.id}/statuses`, {
        method: 'POST',
        headers,
        body,
      })
      assert.equal(reported.status, 201)
      const after = await bench.client.get(`/clusters/${json.id}`, headers)
      assert.equal(after.json.updated_by, 'ann@example.com')
    })

    test('contract 10.2: a token whose claim is absent or no e-mail address can read but not write', async () => {
      const { json } = await create(bench.name(), 'ann@example.com')
      const path = `/clusters/${json.id}`
      for (const email of [undefined, ...NO_EMAILS]) {
        const headers = await as(email)
        assert.equal((await bench.client.get('/clusters', headers)).status, 200)
        assert.equal((await bench.client.get(path, headers)).status, 200)
        const writes = [
          ['POST', '/clusters', { kind: 'Cluster', name: bench.name(), spec: {} }],
          ['PATCH', path, { spec: { size: 1 } }],
          ['POST', `${path}/statuses`, report('dns', 'True', 1, at(0))],
          ['PUT', `${path}/statuses`, report('dns', 'True', 1, at(0))],
          ['POST', `${path}/nodepools`, { kind: 'NodePool', name: bench.name(), spec: {} }],
          ['DELETE', path, undefined],
          ['POST', `${path}/force-delete`, { reason: 'stuck' }],
        ] as const
        for (const [method, target, body] of writes) {
          const answer = await bench.client.send(target, { method, headers, body })
          assert.equal(answer.status, 403, `${method} as ${JSON.stringify(email)}: ${answer.text}`)
          assertProblem(answer, 'HYPERFLEET-AUZ-001')
        }
      }
      const { json: after } = await bench.client.get(path, await as('ann@example.com'))
      assert.deepEqual(after, json)
    })

    test('contract 10.2: with authentication on no author is system@hyperfleet.local', async () => {
      const search = encodeURIComponent("created_by = 'system@hyperfleet.local' or updated_by like 'system%'")
      const { json } = await bench.client.get(`/clusters?search=${search}`, await as('ann@example.com'))
      assert.equal(json.total, 0)
    })

    test('contract 10.2, 8.3: authors can be searched', async () => {
      const { json } = await create(bench.name(), 'only@example.com')
      const found = await bench.client.get(
        `/clusters?search=${encodeURIComponent("created_by = 'only@example.com'")}`,
        await as('ann@example.com'),
      )
      assert.deepEqual(
        found.json.items.map(({ id }: { id: string }) => id),
        [json.id],
      )
    })
  },
  keySet.environment,
)

benchOnBothEngines(
  'the author from another claim',
  bench => {
    test('contract 10.2: the claim is configurable', async () => {
      for (const [claims, status] of [
        [{ email: 'ann@example.com', upn: 'bob@example.com' }, 201],
        [{ email: 'ann@example.com' }, 403],
      ] as const) {
        const answer = await bench.client.send('/clusters', {
          method: 'POST',
          headers: { authorization: await signer.bearer({ claims }) },
          body: { kind: 'Cluster', name: bench.name(), spec: {} },
        })
        assert.equal(answer.status, status)
        if (status === 201) assert.equal(answer.json.created_by, 'bob@example.com')
      }
    })
  },
  { ...keySet.environment, HYPERFLEET_AUTH_EMAIL_CLAIM: 'upn' },
)

benchOnBothEngines(
  'an author of any form',
  bench => {
    const created = async (claims: Record<string, unknown>) =>
      bench.client.send('/clusters', {
        method: 'POST',
        headers: { authorization: await signer.bearer({ claims }) },
        body: { kind: 'Cluster', name: bench.name(), spec: {} },
      })

    test('contract 3.6, 10.2: with the format any the claim is the author, character by character', async () => {
      for (const sub of [
        'system:serviceaccount:ns:sa',
        'root',
        'üser name',
        ' a ',
        'x'.repeat(256),
        'a@example.com',
      ]) {
        const { status, json } = await created({ sub })
        assert.equal(status, 201, sub)
        assert.deepEqual([json.created_by, json.updated_by], [sub, sub])
        const query = `search=${encodeURIComponent(`created_by = '${sub}'`)}`
        assert.equal((await bench.client.get(`/clusters?${query}`, await reader())).json.total, 1)
        const headers = { authorization: await signer.bearer({ claims: { sub } }) }
        const deleted = await bench.client.send(`/clusters/${json.id}`, { method: 'DELETE', headers })
        assert.deepEqual([deleted.status, deleted.json.deleted_by], [202, sub])
      }
    })

    test('contract 3.6, 10.2: control characters, an empty text and more than 256 characters are refused', async () => {
      for (const sub of ['', 'a\n', '\0', 'a\u007fb', 'a\u0085b', 'x'.repeat(257), 5, null, ['a'], undefined])
        assertProblem(await created({ sub }), 'HYPERFLEET-AUZ-001')
    })

    test('contract 1.3, 3.6: the OpenAPI document then does not promise e-mail addresses', async () => {
      const { json } = await bench.client.get('/openapi')
      for (const kind of ['Cluster', 'NodePool']) {
        const { created_by, deleted_by } = json.components.schemas[kind].properties
        for (const { format, minLength, maxLength } of [created_by, deleted_by])
          assert.deepEqual([format, minLength, maxLength], [undefined, 1, 256])
      }
    })

    const reader = async () => ({ authorization: await signer.bearer() })
  },
  {
    ...keySet.environment,
    HYPERFLEET_AUTH_EMAIL_CLAIM: 'sub',
    HYPERFLEET_AUTH_IDENTITY_FORMAT: 'any',
  },
)

benchOnBothEngines('authentication off', bench => {
  test('contract 3.6, 10.1: without authentication a token is ignored', async () => {
    for (const authorization of ['', 'Bearer nonsense', await signer.bearer()]) {
      const answer = await bench.client.send('/clusters', {
        method: 'POST',
        headers: { authorization },
        body: { kind: 'Cluster', name: bench.name(), spec: {} },
      })
      assert.equal(answer.status, 201)
      assert.equal(answer.json.created_by, 'system@hyperfleet.local')
    }
  })
})

after(() => keySet.remove())
