// A part of a resource while it is edited. It is saved only onto the version that the edit began with (contract 12.12).
import { useState } from 'preact/hooks'
import { send } from './api/client.ts'
import type { Known } from './api/types.ts'
import { useWrite, type Write } from './writing.ts'

export interface Editing<T> {
  /** The present text or value. Undefined while nothing is edited. */
  readonly draft: T | undefined
  readonly begin: (draft: T) => void
  readonly change: (draft: T) => void
  readonly cancel: () => void
  readonly save: Write
}

/**
 * @param path of the resource
 * @param bodyOf the body of the `PATCH` that saves a draft
 */
export function useEditing<T>(
  known: Known,
  path: string,
  bodyOf: (draft: T) => string,
  onSaved: () => void,
): Editing<T> {
  const [edited, setEdited] = useState<{ readonly draft: T; readonly tag: string | undefined } | undefined>()
  const save = useWrite(
    async () => {
      if (edited === undefined) return
      await send(path, { method: 'PATCH', body: bodyOf(edited.draft), ifMatch: edited.tag })
    },
    () => {
      setEdited(undefined)
      onSaved()
    },
  )
  return {
    draft: edited?.draft,
    begin: draft => {
      save.forget()
      setEdited({ draft, tag: known.tag })
    },
    change: draft => setEdited(edited && { draft, tag: edited.tag }),
    cancel: () => setEdited(undefined),
    save,
  }
}
