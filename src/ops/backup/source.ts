// Source of a copy: the running server of a data folder, or the folder itself if nothing uses it.

import type { Copy } from '../../store/copy/copy.ts'
import { restCopy } from '../../store/copy/copy.ts'
import { StoredFolder } from '../../store/copy/stored-folder.ts'
import { StoreError } from '../../store/errors.ts'
import { requestCopy } from '../control/client.ts'

export interface CopySource {
  readonly kind: 'running' | 'stopped'
  readonly copy: Copy
  close(): Promise<void>
}

export interface SourceOptions {
  readonly path: string
  readonly commitDeadlineMs: number
  readonly signal: AbortSignal
}

/** @throws StoreError or ControlError with a message for the user */
export async function openSource({ path, commitDeadlineMs, signal }: SourceOptions): Promise<CopySource> {
  try {
    const folder = await StoredFolder.open(path, commitDeadlineMs)
    return { kind: 'stopped', copy: restCopy(folder), close: () => folder.close() }
  } catch (error) {
    if (!(error instanceof StoreError && error.kind === 'in-use')) throw error
    const copy = await requestCopy(path, signal)
    return { kind: 'running', copy, close: async () => {} }
  }
}
