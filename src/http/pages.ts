// The handlers that tell what the API is: its entry, its OpenAPI document and the page that shows it
// (contract 1.2, 1.3).
import { API_ROOT } from '../api/operations.ts'
import type { BuildInfo } from '../binary/build-info.ts'
import { apiPage } from './api-page.ts'
import type { Answer, OperationHandler } from './call.ts'

/** @param openApi the OpenAPI document */
export function createDescriptions(build: BuildInfo, openApi: object) {
  const entry = json({
    id: 'hyperfleet',
    kind: 'API',
    href: API_ROOT,
    version: build.version,
    build_time: build.buildTime,
  })
  const document = json(openApi)
  const page = apiPage()
  return {
    getApi: () => entry,
    getOpenApi: () => document,
    getOpenApiPage: () => page,
  } as const satisfies Record<string, OperationHandler>
}

function json(value: object): Answer {
  return { kind: 'document', status: 200, body: Buffer.from(JSON.stringify(value)) }
}
