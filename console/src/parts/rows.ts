// The rows of a table that may have a million: pages are read as they come into view, and a watch keeps the visible rows true.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { pathOf, read } from '../api/client.ts'
import type { List, Row } from '../api/types.ts'
import { watch } from '../api/watch.ts'
import { pauseMs, usePolled } from '../polling.ts'
import { literal } from '../text.ts'

export const PAGE_ROWS = 100
/** Pages that are kept. The others are read again when they come back into view. */
const KEPT_PAGES = 30
const TOTAL_EVERY_MS = 4000
const FIELDS =
  'kind,id,name,generation,labels,owner_references,created_time,updated_time,created_by,updated_by,deleted_time,deleted_by,status'
/** Ids in the search of a watch: a search has at most 4096 bytes (contract 8.1). */
const WATCHED_ROWS = 80
const WATCH_AFTER_MS = 300
/** A view that is scrolled past asks for nothing. */
const LOAD_AFTER_MS = 80

export interface Rows {
  readonly total: number | undefined
  readonly error: Error | undefined
  at(index: number): Row | undefined
  refresh(): void
}

/**
 * @param path below the base path
 * @param first the first visible row
 * @param last the last visible row
 */
export function useRows(
  path: string,
  parameters: { readonly search: string; readonly orderBy: string },
  first: number,
  last: number,
): Rows {
  const { search, orderBy } = parameters
  const key = pathOf(path, { search, orderBy })
  const pages = useRef(new Map<number, readonly Row[]>())
  const wanted = useRef(new Set<number>())
  const [version, setVersion] = useState(0)
  const [fault, setFault] = useState<Error | undefined>()
  const counted = usePolled(key, TOTAL_EVERY_MS, async signal => {
    const { value } = await read<List<Row>>(pathOf(path, { search, pageSize: 0 }), { signal })
    return value.total
  })
  const total = counted.value
  /** The last load of a page. */
  const spent = useRef({ endMs: 0, tookMs: 0 })

  const load = async (page: number, signal: AbortSignal) => {
    if (wanted.current.has(page)) return
    wanted.current.add(page)
    const startMs = performance.now()
    try {
      const { value } = await read<List<Row>>(
        pathOf(path, { search, orderBy, page: page + 1, pageSize: PAGE_ROWS, fields: FIELDS }),
        { signal },
      )
      if (signal.aborted) return
      const kept = pages.current
      kept.delete(page)
      kept.set(page, value.items)
      for (const old of kept.keys()) if (kept.size > KEPT_PAGES) kept.delete(old)
      spent.current = { endMs: performance.now(), tookMs: performance.now() - startMs }
      setFault(undefined)
      setVersion(each => each + 1)
    } catch (error) {
      if (!signal.aborted) setFault(error as Error)
    } finally {
      wanted.current.delete(page)
    }
  }

  const firstPage = Math.floor(first / PAGE_ROWS)
  const lastPage = Math.floor(Math.max(first, last) / PAGE_ROWS)
  useEffect(() => {
    pages.current.clear()
    setVersion(each => each + 1)
  }, [key])
  const shown = useRef('')
  // A changed total means that rows have moved. They are read again, but not so often that the server does little else.
  useEffect(() => {
    const controller = new AbortController()
    wanted.current.clear()
    const view = `${key} ${firstPage} ${lastPage}`
    const { endMs, tookMs } = spent.current
    const waitMs =
      shown.current === view
        ? endMs + pauseMs(0, tookMs) - performance.now()
        : shown.current === ''
          ? 0
          : LOAD_AFTER_MS
    shown.current = view
    const start = () => {
      for (let page = firstPage; page <= lastPage; page++) void load(page, controller.signal)
    }
    const timer = waitMs > 0 ? window.setTimeout(start, waitMs) : undefined
    if (timer === undefined) start()
    return () => {
      window.clearTimeout(timer)
      controller.abort()
    }
  }, [key, firstPage, lastPage, total])

  const at = (index: number) => pages.current.get(Math.floor(index / PAGE_ROWS))?.[index % PAGE_ROWS]
  const ids = useMemo(() => {
    const found: string[] = []
    for (let i = first; i <= last && found.length < WATCHED_ROWS; i++) {
      const row = at(i)
      if (row !== undefined) found.push(row.id)
    }
    return found.join(',')
  }, [version, first, last])

  useEffect(() => {
    if (ids === '') return
    const watched = ids.split(',').map(literal).join(',')
    let end: (() => void) | undefined
    const timer = window.setTimeout(() => {
      end = watch(path, { search: `id in (${watched})`, fields: FIELDS }, ({ type, object }) => {
        if (object === undefined) return
        for (const [page, rows] of pages.current) {
          const i = rows.findIndex(({ id }) => id === object.id)
          if (i === -1) continue
          if (type === 'DELETED') {
            counted.refresh()
            return
          }
          pages.current.set(page, rows.with(i, object))
        }
        schedule()
      })
    }, WATCH_AFTER_MS)
    let frame = 0
    const schedule = () => {
      cancelAnimationFrame(frame)
      frame = requestAnimationFrame(() => setVersion(each => each + 1))
    }
    return () => {
      window.clearTimeout(timer)
      cancelAnimationFrame(frame)
      end?.()
    }
  }, [path, ids])

  return {
    total,
    error: counted.error ?? fault,
    at,
    refresh: () => {
      pages.current.clear()
      counted.refresh()
      setVersion(each => each + 1)
    },
  }
}
