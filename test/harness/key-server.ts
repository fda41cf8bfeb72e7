// Serves a key set on this machine; what it answers can be changed, and it counts how often it is asked.
import { createServer, type Server } from 'node:http'
import type { Signer } from './tokens.ts'

export class KeyServer {
  answer = { status: 200, body: '{"keys":[]}' }
  asked = 0
  readonly #server: Server

  constructor() {
    this.#server = createServer((_, response) => {
      this.asked++
      response.writeHead(this.answer.status, { 'Content-Type': 'application/json' })
      response.end(this.answer.body)
    })
  }

  async start(): Promise<void> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve))
  }

  get url(): string {
    const address = this.#server.address()
    return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/keys`
  }

  /** From now on it gives the keys of these, and whatever else is put into the set. */
  publish(signers: readonly Signer[], ...others: readonly unknown[]): void {
    this.answer = {
      status: 200,
      body: JSON.stringify({ keys: [...others, ...signers.map(({ jwk }) => jwk)] }),
    }
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise(resolve => this.#server.close(resolve))
  }
}
