// The catalogue of problems is the same in the contract, in the code and in docs/errors.md. A defect reveals nothing to
// the client.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { PROBLEMS, Problem, type ProblemCode } from '../../src/api/problems.ts'
import { compileValidator } from '../../src/api/validation.ts'
import type { OperationHandler } from '../../src/http/call.ts'
import { PROVOCATIONS, REQUEST_ID, UNPROVOKED } from '../contract/provocations.ts'
import {
  documentedProblems,
  errorsDocument,
  problemTable,
  type TableRow,
} from '../harness/errors-document.ts'
import { sendRaw } from '../harness/raw.ts'
import { ENGINES } from '../harness/server.ts'
import { serveApplication } from './application-server.ts'

const codes = Object.keys(PROBLEMS) as ProblemCode[] // keys of a constant table
const catalogue = codes.map(code => ({ code, ...PROBLEMS[code] }))

describe('the catalogue of problems', () => {
  test('it is the table of the contract, section 9 (contract 9.1)', () => {
    // The pages that continue the contract have the codes that they add.
    const pages = ['contract', 'contract-watch'].map(name =>
      readFileSync(new URL(`../../../docs/${name}.md`, import.meta.url), 'utf8'),
    )
    const inOrder = (rows: readonly TableRow[]) =>
      rows.toSorted((a, b) => codes.indexOf(a.code as ProblemCode) - codes.indexOf(b.code as ProblemCode))
    assert.deepEqual(inOrder(pages.flatMap(problemTable)), catalogue)
  })

  test('docs/errors.md begins with the same table', () => {
    assert.deepEqual(problemTable(errorsDocument()), catalogue)
  })

  test('docs/errors.md explains every code, in the order of the table, and no other', () => {
    assert.deepEqual([...documentedProblems().keys()], codes)
  })

  for (const code of codes)
    test(`docs/errors.md explains ${code}: what it is, when it occurs and what to do`, () => {
      const documented = documentedProblems().get(code)
      const { status, slug, title } = PROBLEMS[code]
      assert.ok(documented)
      assert.deepEqual([documented.status, documented.slug, documented.title], [status, slug, title])
      assert.deepEqual([...documented.paragraphs], ['When', 'What to do'])
      const { example } = documented
      assert.deepEqual(compileValidator(Problem)(example), [])
      assert.deepEqual(
        [example.code, example.status, example.title, example.type],
        [code, status, title, `https://api.hyperfleet.io/errors/${slug}`],
      )
    })

  test('every code can be provoked, or is known not to be', () => {
    const provoked = PROVOCATIONS.map(({ code }) => code)
    assert.deepEqual([...provoked, ...UNPROVOKED].sort(), [...codes].sort())
  })
})

const SECRET = 'secret of /srv/data/journal: connection lost'

for (const engine of ENGINES)
  describe(`a defect of the server (${engine})`, () => {
    const error = new Error(SECRET)
    const handlers: readonly (readonly [name: string, handler: OperationHandler])[] = [
      [
        'thrown',
        () => {
          throw error
        },
      ],
      ['rejected', () => Promise.reject(error)],
      [
        'rejected later',
        async () => {
          await new Promise(resolve => setImmediate(resolve))
          throw error
        },
      ],
    ]
    for (const [name, handler] of handlers)
      test(`contract 9.1: an error that is ${name} is logged, and the client gets no details`, async context => {
        const { port, failures, records } = await serveApplication(context, engine, handler)
        const head = 'GET /api/hyperfleet/v1/clusters HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
        const answer = await sendRaw(`http://127.0.0.1:${port}`, head)
        assert.equal(answer?.status, 500)
        assert.deepEqual(JSON.parse(answer.body), documentedProblems().get('HYPERFLEET-INT-001')?.example)
        assert.equal(answer.headers.get('content-type'), 'application/problem+json')
        assert.deepEqual(failures, [{ error, requestId: REQUEST_ID }])
        assert.deepEqual(
          records.map(({ status }) => status),
          [500],
        )
      })
  })
