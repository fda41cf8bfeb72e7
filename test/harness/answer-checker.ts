// Checks an answer against the OpenAPI document that the server serves, and against the rules for every answer
// (contract 1.3, 2.3, section 9).
import assert from 'node:assert/strict'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { TestAnswer } from './client.ts'

/** @param isPartial true if the request names fields: then the answer lacks members that its schema requires (contract 13.7) */
export type AnswerChecker = (method: string, path: string, answer: TestAnswer, isPartial: boolean) => void

interface OpenApi {
  readonly paths: Record<string, Record<string, { responses: Record<string, ResponseObject> }>>
}

interface ResponseObject {
  readonly content?: Record<string, { schema: object }>
}

export function createAnswerChecker(document: OpenApi): AnswerChecker {
  const ajv = new Ajv2020({ allErrors: true, strict: false })
  addFormats.default(ajv)
  ajv.addFormat('int32', true)
  ajv.addSchema({ $id: 'openapi', ...document })
  const validators = new Map<string, ValidateFunction>()
  const templates = Object.keys(document.paths).map(template => ({
    template,
    pattern: new RegExp(`^${template.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`),
  }))
  return (method, path, answer, isPartial) => {
    checkHeaders(method, answer)
    const template = templates.find(({ pattern }) => pattern.test(path))?.template
    const name = method === 'HEAD' ? 'get' : method.toLowerCase()
    if (template === undefined || answer.json === undefined) return
    if (document.paths[template]?.[name] === undefined) return
    const pointer = [template, name].map(part => part.replaceAll('~', '~0').replaceAll('/', '~1')).join('/')
    const mediaType = (answer.headers['content-type'] ?? '').split(';', 1)[0] ?? ''
    const response = document.paths[template]?.[name]?.responses[answer.status]
    assert.ok(response, `${method} ${template} answered ${answer.status}, which its document does not name`)
    assert.ok(response.content?.[mediaType], `${method} ${template} ${answer.status} came as ${mediaType}`)
    if (isPartial && answer.status === 200) return
    const ref = `openapi#/paths/${pointer}/responses/${answer.status}/content/${mediaType.replaceAll('/', '~1')}/schema`
    const validate = validators.get(ref) ?? ajv.compile({ $ref: encodeURI(ref) })
    validators.set(ref, validate)
    assert.ok(validate(answer.json), `${method} ${path}: ${ajv.errorsText(validate.errors)}\n${answer.text}`)
  }
}

function checkHeaders(method: string, { status, headers, text, json }: TestAnswer): void {
  assert.equal(headers.vary, 'Authorization')
  assert.equal(headers['cache-control'], 'no-store')
  assert.equal(headers['x-content-type-options'], 'nosniff')
  assert.ok(headers['x-request-id'], 'an answer without X-Request-Id')
  if (status === 204) {
    assert.equal(text, '')
    return
  }
  if (status < 400) return
  assert.equal(headers['content-type'], 'application/problem+json')
  if (method === 'HEAD') return
  assert.equal(json.status, status)
  assert.ok(json.trace_id === headers['x-request-id'] || /^[0-9a-f]{32}$/.test(json.trace_id))
  assert.ok(!/\\n\s*at |\.[jt]s:\d+|node_modules|\/src\//.test(text), `a problem shows its insides: ${text}`)
}
