// A relay between a server and the database, which a test can hold: bytes wait then, as on a network that loses all packets.
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const NAME = '.s.PGSQL.5432'

export class Relay {
  readonly #folder = mkdtempSync(join(tmpdir(), 'hyperfleet-relay-'))
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #isHeld = false

  private constructor(target: string) {
    this.#server = createServer({ pauseOnConnect: true }, incoming => {
      const outgoing = connect(join(target, NAME))
      this.#add(incoming, outgoing)
      this.#add(outgoing, incoming)
    })
  }

  /** @param folder the folder with the socket of the database */
  static async to(folder: string): Promise<Relay> {
    const relay = new Relay(folder)
    await new Promise<void>(resolve => relay.#server.listen(join(relay.#folder, NAME), resolve))
    return relay
  }

  get url(): string {
    return `postgres://postgres@localhost/postgres?host=${encodeURIComponent(this.#folder)}`
  }

  /** Passes nothing more until `release`. */
  hold(): void {
    this.#isHeld = true
    for (const socket of this.#sockets) socket.pause()
  }

  release(): void {
    this.#isHeld = false
    for (const socket of this.#sockets) socket.resume()
  }

  close(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #add(from: Socket, to: Socket): void {
    this.#sockets.add(from)
    from.on('data', bytes => void to.write(bytes))
    from.on('error', () => to.destroy())
    from.on('close', () => {
      this.#sockets.delete(from)
      to.destroy()
    })
    if (this.#isHeld) from.pause()
    else from.resume()
  }
}
