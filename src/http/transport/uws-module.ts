// The part of the native uWebSockets.js module that the transport uses, as it behaves (20.56.0): its own declarations
// lack the listening options with a host and say that `getQuery` always gives a string.

/** Valid only during the callback that hands it over. */
export interface UwsRequest {
  getCaseSensitiveMethod(): string
  /** Decoded as UTF-8. */
  getUrl(): string
  /** Decoded as UTF-8; undefined when there is no `?`. */
  getQuery(): string | undefined
  /** The first of that name, as Latin-1; empty when there is none. */
  getHeader(lowerCaseName: string): string
  /** All headers, names in lower case, values decoded as UTF-8. */
  forEach(callback: (name: string, value: string) => void): void
}

/** Throws when touched after an abort or a complete answer. */
export interface UwsResponse {
  writeStatus(status: string | Buffer): UwsResponse
  writeHeader(name: string, value: string): UwsResponse
  end(body: Buffer, closeConnection: boolean): UwsResponse
  /** Announces a length without sending a body; without arguments there is no Content-Length. */
  endWithoutBody(reportedLength?: number, closeConnection?: boolean): UwsResponse
  tryEnd(piece: Buffer, totalBytes: number): [ok: boolean, isComplete: boolean]
  onWritable(callback: (offset: number) => boolean): UwsResponse
  onAborted(callback: () => void): UwsResponse
  /** The chunk is taken back when the callback returns. */
  onData(callback: (chunk: ArrayBuffer, isLast: boolean) => void): UwsResponse
  cork(callback: () => void): UwsResponse
  /** Closes the connection at once and calls what `onAborted` was given. */
  close(): UwsResponse
  /** Text in ASCII; eight groups of hexadecimal digits for IPv6. */
  getRemoteAddressAsText(): ArrayBuffer
  /** Stops reading and switches the idle timeout off. */
  pause(): void
  /** Reads again and starts the idle timeout anew. */
  resume(): void
}

export interface UwsListenSocket {
  readonly kind?: never
}

export interface UwsApp {
  any(pattern: string, handler: (response: UwsResponse, request: UwsRequest) => void): UwsApp
  /** Calls back with 1 for every new connection and with -1 when it has gone. */
  filter(callback: (response: UwsResponse, change: number) => void): UwsApp
  listen(
    host: string,
    port: number,
    options: number,
    callback: (socket: UwsListenSocket | false) => void,
  ): UwsApp
  /** Closes every connection at once. */
  close(): UwsApp
}

export interface UwsModule {
  App(): UwsApp
  /** With `silent` answers carry no `uWebSockets` header; it is for the whole thread and has no name for the opposite. */
  _cfg(option: 'silent'): void
  us_listen_socket_close(socket: UwsListenSocket): void
  us_socket_local_port(socket: UwsListenSocket): number
  readonly LIBUS_LISTEN_EXCLUSIVE_PORT: number
}
