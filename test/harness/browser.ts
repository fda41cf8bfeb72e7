// A headless Chromium, driven over the DevTools protocol by a pair of pipes: no port and no further package is needed.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { WAIT_HANGS_AFTER_MS } from './patience.ts'

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--remote-debugging-pipe',
]
const PAUSE_MS = 50

type Message = { [key: string]: unknown }
type Listener = (method: string, parameters: Message) => void

export interface BrowserPage {
  /** Errors of the page and the browser: exceptions, console errors, failed loads. */
  readonly complaints: readonly string[]
  /** Every address that the page has asked for. */
  readonly requested: readonly string[]
  open(address: string): Promise<void>
  /** The value of an expression in the page. */
  value(expression: string): Promise<unknown>
  /** Resolves when an expression in the page is true; rejects with its text when it does not become so. */
  until(expression: string): Promise<void>
  /** Sends a command of the protocol. */
  send(method: string, parameters?: Message): Promise<Message>
  close(): Promise<void>
}

/** Path of Chromium; undefined if this machine has none. HYPERFLEET_TEST_BROWSER names another one, or `none`. */
export function findBrowser(): string | undefined {
  const named = process.env.HYPERFLEET_TEST_BROWSER
  if (named !== undefined) return named === 'none' ? undefined : named
  return PLACES.find(existsSync)
}

/** Starts a browser with one empty page. */
export async function openBrowser(path: string): Promise<BrowserPage> {
  const profile = await mkdtemp(join(tmpdir(), 'hyperfleet-browser-'))
  const child = spawn(path, [...FLAGS, `--user-data-dir=${profile}`], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise(resolve => child.once('close', resolve))
  const complaints: string[] = []
  const requested: string[] = []
  const connection = connect(child, (method, parameters) => {
    const complaint = complaintOf(method, parameters)
    if (complaint !== undefined) complaints.push(complaint)
    if (method === 'Network.requestWillBeSent') requested.push(String(at(parameters, 'request', 'url')))
  })
  const { targetId } = await connection.send('Target.createTarget', { url: 'about:blank' })
  const { sessionId } = await connection.send('Target.attachToTarget', { targetId, flatten: true })
  const send = (method: string, parameters: Message = {}) => connection.send(method, parameters, sessionId)
  for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await send(`${domain}.enable`)
  const value = async (expression: string) => {
    const said = await send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true })
    const fault = at(said, 'exceptionDetails', 'exception', 'description')
    if (fault !== undefined) throw new Error(`${expression}: ${fault}`)
    return at(said, 'result', 'value')
  }
  return {
    complaints,
    requested,
    value,
    send,
    async open(address) {
      await send('Page.navigate', { url: address })
    },
    async until(expression) {
      const end = Date.now() + WAIT_HANGS_AFTER_MS
      while ((await value(`Boolean(${expression})`)) !== true) {
        if (Date.now() > end) throw new Error(`the page has not come to: ${expression}`)
        await new Promise(resolve => setTimeout(resolve, PAUSE_MS))
      }
    },
    async close() {
      child.kill('SIGKILL')
      await ended
      await rm(profile, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** Messages are JSON, each with a zero byte behind it; answers come under the number of the command. */
function connect(child: ChildProcess, onEvent: Listener) {
  const [, , , output, input] = child.stdio as [null, null, null, Writable, Readable] // as asked for above
  const waiting = new Map<number, { resolve: (answer: Message) => void; reject: (error: Error) => void }>()
  let rest = Buffer.alloc(0)
  let last = 0
  input.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk])
    for (let end = rest.indexOf(0); end !== -1; end = rest.indexOf(0)) {
      receive(JSON.parse(rest.subarray(0, end).toString()))
      rest = rest.subarray(end + 1)
    }
  })
  child.once('close', () => {
    for (const { reject } of waiting.values()) reject(new Error('the browser has ended'))
  })
  const receive = ({ id, method, params, result, error }: Message) => {
    if (typeof method === 'string') onEvent(method, (params ?? {}) as Message) // an event's are an object
    const asked = waiting.get(Number(id))
    waiting.delete(Number(id))
    if (error === undefined)
      asked?.resolve((result ?? {}) as Message) // and so is a command's result
    else asked?.reject(new Error(JSON.stringify(error)))
  }
  return {
    send(method: string, params: Message, sessionId?: unknown): Promise<Message> {
      const id = ++last
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject })
        output.write(`${JSON.stringify({ id, method, params, sessionId })}\0`)
      })
    },
  }
}

function complaintOf(method: string, parameters: Message): string | undefined {
  if (method === 'Runtime.exceptionThrown')
    return String(at(parameters, 'exceptionDetails', 'exception', 'description'))
  if (
    method === 'Runtime.consoleAPICalled' &&
    ['error', 'warning', 'assert'].includes(String(parameters.type))
  )
    return JSON.stringify(parameters.args)
  if (method === 'Log.entryAdded' && ['error', 'warning'].includes(String(at(parameters, 'entry', 'level'))))
    return JSON.stringify(parameters.entry)
  return undefined
}

/** Value at a path in a message. */
function at(message: Message, ...path: string[]): unknown {
  let found: unknown = message
  for (const key of path)
    found = typeof found === 'object' && found !== null ? Reflect.get(found, key) : undefined
  return found
}
