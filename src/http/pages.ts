// Handlers that describe the API: its entry, its OpenAPI document and the page that shows it (contract 1.2, 1.3).
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { BuildInfo } from '../binary/build-info.ts'
import { embeddedFile } from '../binary/embedded.ts'
import { API_ROOT, BASE_PATH } from '../wire/paths.ts'
import type { OperationHandler, Reply } from './call.ts'

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

function json(value: object): Reply {
  return { kind: 'document', status: 200, body: Buffer.from(JSON.stringify(value)) }
}

// Page that shows the OpenAPI document (contract 1.3): Swagger UI, served entirely by this server under a strict
// Content-Security-Policy.

const ASSET_ROOT = `${API_ROOT}/openapi-page`
/** Swagger UI applies its dark colours under a class set by its own top bar, which this page omits. */
const SCRIPT = `const dark = matchMedia('(prefers-color-scheme: dark)')
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches)
dark.addEventListener('change', follow)
follow()
window.ui = SwaggerUIBundle({
  url: '${BASE_PATH}/openapi',
  dom_id: '#swagger-ui',
  deepLinking: true,
  validatorUrl: null,
})
`
const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>HyperFleet API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${ASSET_ROOT}/swagger-ui.css">
</head>
<body>
<main id="swagger-ui"></main>
<noscript>This page needs JavaScript. The document that it shows is at <code>${BASE_PATH}/openapi</code>.</noscript>
<script src="${ASSET_ROOT}/swagger-ui-bundle.js"></script>
<script src="${ASSET_ROOT}/start.js"></script>
</body>
</html>
`

/** The Content-Security-Policy of every page: everything loads from this server, nothing is inline, and no other page may frame it. */
export const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

type File = Extract<Reply, { kind: 'document' }>

/** The page. */
export function apiPage(): Reply {
  const headers = ['Content-Security-Policy', PAGE_POLICY]
  return { ...file('text/html; charset=utf-8', Buffer.from(PAGE)), headers }
}

/** Files that the page loads, by path. */
export function apiPageAssets(): ReadonlyMap<string, OperationHandler> {
  const require = createRequire(import.meta.url)
  const distributed = (name: string) =>
    embeddedFile(name) ?? readFileSync(require.resolve(`swagger-ui-dist/${name}`))
  const files: readonly (readonly [string, File])[] = [
    [`${ASSET_ROOT}/swagger-ui.css`, file('text/css; charset=utf-8', distributed('swagger-ui.css'))],
    [
      `${ASSET_ROOT}/swagger-ui-bundle.js`,
      file('text/javascript; charset=utf-8', distributed('swagger-ui-bundle.js')),
    ],
    [`${ASSET_ROOT}/start.js`, file('text/javascript; charset=utf-8', Buffer.from(SCRIPT))],
  ]
  return new Map(files.map(([path, reply]) => [path, () => reply]))
}

function file(mediaType: string, body: Buffer): File {
  return { kind: 'document', status: 200, body, mediaType }
}
