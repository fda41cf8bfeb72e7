// The console: a page on the fleet, which a browser loads from this server and from nowhere else. Its sources are in `console/`.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { embeddedFile } from '../binary/embedded.ts'
import type { Call, OperationHandler, Reply } from './call.ts'
import { PAGE_POLICY } from './pages.ts'

const ROOT = '/console'
const HASH_LENGTH = 12

/**
 * The handlers of the console's files by path, and of `/`, which leads to it. The names of scripts and styles contain a hash of their bytes,
 * so that browsers keep them for ever and never use old ones.
 */
export function consoleAssets(): ReadonlyMap<string, OperationHandler> {
  const script = builtFile('console.js')
  const style = builtFile('console.css')
  const scriptPath = `${ROOT}/${hashed('console', script, 'js')}`
  const stylePath = `${ROOT}/${hashed('console', style, 'css')}`
  const page = builtFile('console.html')
    .toString()
    .replace('__SCRIPT__', scriptPath)
    .replace('__STYLE__', stylePath)
  const headers = ['Content-Security-Policy', PAGE_POLICY, 'Referrer-Policy', 'no-referrer']
  return new Map<string, OperationHandler>([
    ['/', () => TO_CONSOLE],
    [ROOT, compressed({ body: Buffer.from(page), mediaType: 'text/html; charset=utf-8', headers })],
    [
      scriptPath,
      compressed({ body: script, mediaType: 'text/javascript; charset=utf-8', isImmutable: true }),
    ],
    [stylePath, compressed({ body: style, mediaType: 'text/css; charset=utf-8', isImmutable: true })],
  ])
}

const TO_CONSOLE: Reply = {
  kind: 'document',
  status: 302,
  mediaType: 'text/plain; charset=utf-8',
  body: Buffer.from(`The console is at ${ROOT}/\n`),
  headers: ['Location', `${ROOT}/`],
}

interface File {
  readonly body: Buffer
  readonly mediaType: string
  readonly headers?: readonly string[]
  readonly isImmutable?: boolean
}

/** Serves a file, compressed for clients that take gzip. It is compressed when it is first asked for. */
function compressed({ body, mediaType, headers = [], isImmutable = false }: File): OperationHandler {
  const plain: Reply = {
    kind: 'document',
    status: 200,
    body,
    mediaType,
    headers: ['Vary', 'Accept-Encoding', ...headers],
    isImmutable,
  }
  let zipped: Reply | undefined
  return ({ request }) => {
    if (!takesGzip(request)) return plain
    zipped ??= {
      ...plain,
      body: gzipSync(body, { level: 9 }),
      headers: ['Content-Encoding', 'gzip', ...(plain.headers ?? [])],
    }
    return zipped
  }
}

/** True if gzip is among the accepted encodings, with any weight but zero (RFC 9110, section 12.5.3). */
function takesGzip(request: Call['request']): boolean {
  const accepted = request.header('accept-encoding') ?? ''
  return accepted
    .split(',')
    .some(each => /^\s*(?:x-)?gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*$)[0-9.]+\s*)?$/i.test(each))
}

function hashed(name: string, body: Buffer, extension: string): string {
  return `${name}-${createHash('sha256').update(body).digest('hex').slice(0, HASH_LENGTH)}.${extension}`
}

function builtFile(name: string): Buffer {
  return embeddedFile(name) ?? readFileSync(new URL(`../../console/${name}`, import.meta.url))
}
