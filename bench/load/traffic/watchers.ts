// Watchers that read and forget, in a thread of their own, so that they do not delay the one whose events are timed; and that one.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { getRequest } from './requests.ts'

/** Connections that are opened at the same time: more would not fit into the queue of the listener. */
const OPENED_TOGETHER = 100
const BOOKMARK = '"type":"BOOKMARK"'
const MODIFIED = '"type":"MODIFIED"'
const READ_BYTES = 1 << 18

interface Crowd {
  readonly port: number
  /** The paths, which the watchers take in turn. */
  readonly paths: readonly string[]
  readonly watchers: number
}

/** Opened watches. Resolves once each of them has its first BOOKMARK. */
export async function openWatchers(crowd: Crowd): Promise<{ close(): Promise<void> }> {
  const worker = new Worker(new URL(import.meta.url), { workerData: crowd })
  await once(worker, 'message')
  return {
    async close() {
      await worker.terminate()
    },
  }
}

/** A watch whose events are timed. */
export class TimedWatcher {
  readonly #socket: Socket
  #text = ''
  #onBookmark = () => {}
  #onModified = () => {}

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => this.#take(text))
  }

  static async open(port: number, path: string): Promise<TimedWatcher> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true })
    await once(socket, 'connect')
    const watcher = new TimedWatcher(socket)
    const isReady = new Promise<void>(resolve => {
      watcher.#onBookmark = resolve
    })
    socket.write(getRequest(path))
    await isReady
    return watcher
  }

  /** The time at which the next MODIFIED is read. */
  modified(): Promise<number> {
    return new Promise(resolve => {
      this.#onModified = () => resolve(performance.now())
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #take(text: string): void {
    this.#text += text
    if (this.#text.includes(MODIFIED)) this.#onModified()
    if (this.#text.includes(BOOKMARK)) this.#onBookmark()
    // A mark may come in two pieces.
    this.#text = this.#text.endsWith('\n') ? '' : this.#text.slice(-MODIFIED.length + 1)
  }
}

if (!isMainThread) await readAndForget(workerData as Crowd) // `openWatchers` gives it

async function readAndForget({ port, paths, watchers }: Crowd): Promise<void> {
  const sockets: Socket[] = []
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES)
  const open = (path: string) =>
    new Promise<void>((resolve, reject) => {
      let rest = ''
      let isReady = false
      const socket = connect({
        host: '127.0.0.1',
        port,
        onread: {
          buffer,
          callback(size) {
            if (isReady) return true
            rest += buffer.toString('latin1', 0, size)
            isReady = rest.includes(BOOKMARK)
            if (isReady) resolve()
            rest = isReady ? '' : rest.slice(-BOOKMARK.length + 1)
            return true
          },
        },
      })
      sockets.push(socket)
      socket.on('connect', () => socket.write(getRequest(path)))
      socket.on('error', reject)
      socket.on('close', () => reject(new Error('the server closed a watch')))
    })
  for (let from = 0; from < watchers; from += OPENED_TOGETHER) {
    const count = Math.min(OPENED_TOGETHER, watchers - from)
    await Promise.all(Array.from({ length: count }, (_, i) => open(paths[(from + i) % paths.length] ?? '')))
  }
  parentPort?.postMessage('open')
}
