// The parts of `pg` that are used.
declare module 'pg' {
  import type { EventEmitter } from 'node:events'
  import type { Socket } from 'node:net'

  export interface ClientConfig {
    readonly host: string
    readonly port: number
    readonly user: string
    readonly database: string
    /** Called for each connection. */
    readonly password: () => Promise<string>
    readonly ssl: false | Readonly<Record<string, unknown>>
    readonly application_name: string
    /** Options of the session. Without a text here they come from the environment. */
    readonly options: string
    readonly connectionTimeoutMillis: number
    readonly keepAlive: boolean
  }

  export interface Query {
    readonly text: string
    readonly values: readonly unknown[]
    readonly rowMode: 'array'
  }

  export interface Result {
    readonly rows: readonly (readonly unknown[])[]
    readonly rowCount: number | null
  }

  export class Client extends EventEmitter {
    constructor(config: ClientConfig)
    readonly connection: { readonly stream: Socket }
    connect(): Promise<void>
    query(query: Query): Promise<Result>
    end(): Promise<void>
  }
}
