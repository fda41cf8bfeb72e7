// The part of the native uWebSockets.js module that the transport uses, with its actual behaviour (20.56.0). Its own
// declarations lack the listening options with a host, and wrongly say that `getQuery` always returns a string.

/** Valid only during the callback that passes it. */
export interface UwsRequest {
  getCaseSensitiveMethod(): string
  /** Decoded as UTF-8. */
  getUrl(): string
  /** Decoded as UTF-8; undefined when there is no `?`. */
  getQuery(): string | undefined
  /** First header of that name, as Latin-1; empty if there is none. */
  getHeader(lowerCaseName: string): string
  /** All headers, names in lower case, values decoded as UTF-8. */
  forEach(callback: (name: string, value: string) => void): void
}

/** Throws if used after an abort or a complete answer. */
export interface UwsResponse {
  writeStatus(status: string | Buffer): UwsResponse
  writeHeader(name: string, value: string): UwsResponse
  end(body: Buffer, closeConnection: boolean): UwsResponse
  /**
   * Sends a chunk of a body without a length, and keeps what the client does not take. Returns false if it keeps anything; a corked chunk
   * of less than 16 KiB shows that only at the next one. Must be corked. An empty chunk would end the body.
   */
  write(chunk: Buffer): boolean
  /** Announces a length without sending a body. Without arguments there is no Content-Length. */
  endWithoutBody(reportedLength?: number, closeConnection?: boolean): UwsResponse
  tryEnd(piece: Buffer, totalBytes: number): [ok: boolean, isComplete: boolean]
  onWritable(callback: (offset: number) => boolean): UwsResponse
  onAborted(callback: () => void): UwsResponse
  /** The chunk is invalid after the callback returns. */
  onData(callback: (chunk: ArrayBuffer, isLast: boolean) => void): UwsResponse
  cork(callback: () => void): UwsResponse
  /** Closes the connection at once and calls the callback of `onAborted`. */
  close(): UwsResponse
  /** Text in ASCII; eight groups of hexadecimal digits for IPv6. */
  getRemoteAddressAsText(): ArrayBuffer
  /** Stops reading and disables the idle timeout. */
  pause(): void
  /** Resumes reading and restarts the idle timeout. */
  resume(): void
}

export interface UwsListenSocket {
  readonly kind?: never
}

export interface UwsApp {
  any(pattern: string, handler: (response: UwsResponse, request: UwsRequest) => void): UwsApp
  /** Calls back with 1 for every new connection and with -1 when it closes. */
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
  /** With `silent`, answers carry no `uWebSockets` header. Applies to the whole thread and cannot be undone. */
  _cfg(option: 'silent'): void
  us_listen_socket_close(socket: UwsListenSocket): void
  us_socket_local_port(socket: UwsListenSocket): number
  readonly LIBUS_LISTEN_EXCLUSIVE_PORT: number
}
