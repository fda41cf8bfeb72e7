// A proxy on the way to a server, which cuts, delays or damages what the server sends. A test names it as the server's address.
import { connect, createServer, type Server, type Socket } from 'node:net'

/** Treatment of the next answer that gets so long. */
export interface Treatment {
  /** Bytes of an answer, with its head, that pass before. */
  readonly after: number
  /** cut: both connections are closed. hold: nothing more passes. damage: one byte is another one. */
  readonly how: 'cut' | 'hold' | 'damage'
}

export class CutProxy {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #held = new Set<Socket>()
  #treatment: Treatment | undefined
  #treated = 0
  #port = 0

  private constructor(server: Server) {
    this.#server = server
  }

  static async start(targetPort: () => number): Promise<CutProxy> {
    const server = createServer()
    const proxy = new CutProxy(server)
    server.on('connection', socket => proxy.#pass(socket, targetPort()))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
    proxy.#port = address.port
    return proxy
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** The number of answers that were treated. */
  get treated(): number {
    return this.#treated
  }

  /** Treats one answer. */
  treatNext(treatment: Treatment): void {
    this.#treatment = treatment
  }

  /** Closes the connections of answers that are held back. */
  drop(): void {
    for (const socket of this.#held) socket.destroy()
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise(resolve => this.#server.close(resolve))
  }

  #pass(inward: Socket, port: number): void {
    const outward = connect(port, '127.0.0.1')
    for (const socket of [inward, outward]) {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
      socket.on('error', () => {})
    }
    inward.pipe(outward)
    let passed = 0
    outward.on('data', (bytes: Buffer) => {
      const treatment = this.#treatment
      const at = (treatment?.after ?? 0) - passed
      passed += bytes.length
      if (treatment === undefined || at >= bytes.length) return inward.write(bytes)
      this.#treatment = undefined
      this.#treated++
      return this.#treat(treatment, bytes, Math.max(0, at), inward, outward)
    })
    outward.on('end', () => inward.end())
    outward.on('close', () => inward.destroySoon())
    inward.on('close', () => outward.destroy())
  }

  #treat({ how }: Treatment, bytes: Buffer, at: number, inward: Socket, outward: Socket): void {
    if (how === 'damage') {
      bytes[at] = (bytes[at] ?? 0) ^ 0x55
      inward.write(bytes)
      return
    }
    inward.write(bytes.subarray(0, at))
    if (how === 'hold') {
      outward.pause()
      this.#held.add(inward)
    }
    if (how === 'cut') {
      inward.destroySoon()
      outward.destroy()
    }
  }
}
