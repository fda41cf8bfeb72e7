// A table that scrolls through any number of rows and draws only those in view.
import type { ComponentChildren, TargetedKeyboardEvent } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'

export const ROW_PIXELS = 34
/** Browsers limit the height of an element. A longer table scrolls several rows for each pixel. */
const MAX_PIXELS = 12_000_000
const SPARE_ROWS = 6

export interface Column<T> {
  readonly name: string
  readonly title: string
  readonly cell: (row: T) => ComponentChildren
  /** The field that the column sorts by. */
  readonly orderBy?: string
  readonly className?: string
  /** The size of its track in a grid. */
  readonly width?: string
}

/** Where a table has been scrolled to. */
interface Position {
  /** In pixels. */
  readonly top: number
  /** The row at the top, where pixels are too coarse for it. */
  readonly row: number | undefined
}

export interface View {
  readonly first: number
  readonly last: number
}

export function Table<T extends { readonly id: string }>(props: {
  readonly label: string
  readonly columns: readonly Column<T>[]
  readonly total: number
  readonly at: (index: number) => T | undefined
  readonly onView: (view: View) => void
  readonly order: string
  readonly onOrder: (order: string) => void
  readonly onOpen: (row: T) => void
}) {
  const { label, columns, total, at, onView, order, onOrder, onOpen } = props
  const grid = useRef<HTMLDivElement>(null)
  const scroller = useRef<HTMLDivElement>(null)
  const spacer = useRef<HTMLDivElement>(null)
  const body = useRef<HTMLDivElement>(null)
  const [position, setPosition] = useState<Position>({ top: 0, row: undefined })
  const set = useRef(position)
  const [height, setHeight] = useState(600)
  const [focused, setFocused] = useState(0)

  const pixels = Math.min(total * ROW_PIXELS, MAX_PIXELS)
  const room = Math.max(1, pixels - height)
  const visible = Math.ceil(height / ROW_PIXELS)
  const isScaled = total * ROW_PIXELS > MAX_PIXELS
  const { top } = position
  const lastTop = Math.max(0, total - visible + 1)
  const exact = !isScaled
    ? top / ROW_PIXELS
    : Math.min(lastTop, position.row ?? (Math.min(top, room) / room) * lastTop)
  const first = Math.max(0, Math.min(total - 1, Math.floor(exact)))
  const last = Math.min(total - 1, first + visible)
  const drawnFirst = Math.max(0, first - SPARE_ROWS)
  const drawnLast = Math.min(total - 1, last + SPARE_ROWS)

  const tracks = columns.map(({ width = 'minmax(6rem, 1fr)' }) => width).join(' ')
  useLayoutEffect(() => grid.current?.style.setProperty('--tracks', tracks), [tracks])
  useLayoutEffect(() => {
    spacer.current?.style.setProperty('height', `${pixels}px`)
    const shift = isScaled ? top - (exact - drawnFirst) * ROW_PIXELS : drawnFirst * ROW_PIXELS
    body.current?.style.setProperty('transform', `translateY(${Math.max(0, shift)}px)`)
  })
  useEffect(() => {
    const element = scroller.current
    if (element === null) return
    const measure = () => setHeight(element.clientHeight)
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    measure()
    return () => observer.disconnect()
  }, [])
  useEffect(() => onView({ first: drawnFirst, last: drawnLast }), [drawnFirst, drawnLast, total])

  const focus = (index: number) => {
    const row = Math.max(0, Math.min(total - 1, index))
    setFocused(row)
    const element = scroller.current
    if (element === null) return
    if (row < first + 1) scrollTo(row)
    else if (row > last - 2) scrollTo(row - visible + 2)
  }
  const scrollTo = (wanted: number) => {
    const element = scroller.current
    if (element === null) return
    const row = Math.max(0, Math.min(lastTop, wanted))
    element.scrollTop = isScaled ? (row / lastTop) * room : row * ROW_PIXELS
    set.current = { top: element.scrollTop, row }
    setPosition(set.current)
  }
  // The wheel moves by as much as in a short table, and not by several rows for each pixel.
  useEffect(() => {
    const element = scroller.current
    if (element === null || !isScaled) return
    const onWheel = (event: WheelEvent) => {
      if (event.deltaY === 0 || event.ctrlKey) return
      event.preventDefault()
      scrollTo(exact + rowsOf(event, visible))
    }
    element.addEventListener('wheel', onWheel, { passive: false })
    return () => element.removeEventListener('wheel', onWheel)
  })
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLDivElement>) => {
    if (event.target !== event.currentTarget) return
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: focused + 1,
      ArrowUp: focused - 1,
      PageDown: focused + visible - 1,
      PageUp: focused - visible + 1,
      Home: 0,
      End: total - 1,
    }
    const target = moves[event.key]
    const row = at(focused)
    if (target !== undefined) focus(target)
    else if (event.key === 'Enter' && row !== undefined) onOpen(row)
    else return
    event.preventDefault()
  }

  const [sortField = '', direction = 'asc'] = order.split(' ')
  const indexes = Array.from({ length: Math.max(0, drawnLast - drawnFirst + 1) }, (_, i) => drawnFirst + i)
  return (
    <div
      ref={grid}
      class="table"
      role="grid"
      aria-label={label}
      aria-rowcount={total + 1}
      aria-colcount={columns.length}
      tabIndex={0}
      aria-activedescendant={focused >= drawnFirst && focused <= drawnLast ? `row-${focused}` : undefined}
      onKeyDown={onKeyDown}
    >
      <div class="table-head" role="row" aria-rowindex={1}>
        {columns.map(column => (
          <div
            key={column.name}
            role="columnheader"
            class={column.className}
            aria-sort={
              column.orderBy !== undefined && column.orderBy === sortField
                ? direction === 'desc'
                  ? 'descending'
                  : 'ascending'
                : undefined
            }
          >
            {column.orderBy === undefined ? (
              column.title
            ) : (
              <button
                type="button"
                class="quiet"
                onClick={() => {
                  const isAscending = sortField === column.orderBy && direction !== 'desc'
                  onOrder(`${column.orderBy} ${isAscending ? 'desc' : 'asc'}`)
                }}
              >
                {column.title}
                {column.orderBy === sortField && (direction === 'desc' ? ' ↓' : ' ↑')}
              </button>
            )}
          </div>
        ))}
      </div>
      <div
        class="table-rows"
        role="rowgroup"
        ref={scroller}
        onScroll={({ currentTarget: { scrollTop } }) =>
          setPosition(scrollTop === set.current.top ? set.current : { top: scrollTop, row: undefined })
        }
      >
        <div role="presentation" ref={spacer}>
          <div role="presentation" ref={body}>
            {indexes.map(i => (
              <TableRow
                key={i}
                index={i}
                row={at(i)}
                columns={columns}
                isFocused={i === focused}
                onOpen={onOpen}
                onFocus={setFocused}
              />
            ))}
          </div>
        </div>
      </div>
    </div>
  )
}

function TableRow<T extends { readonly id: string }>(props: {
  readonly index: number
  readonly row: T | undefined
  readonly columns: readonly Column<T>[]
  readonly isFocused: boolean
  readonly onOpen: (row: T) => void
  readonly onFocus: (index: number) => void
}) {
  const { index, row, columns, isFocused, onOpen, onFocus } = props
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid handles the keys of its rows
    <div
      id={`row-${index}`}
      role="row"
      tabIndex={-1}
      aria-rowindex={index + 2}
      class={isFocused ? 'table-row focused' : 'table-row'}
      onClick={event => {
        onFocus(index)
        if (row !== undefined && !(event.target instanceof HTMLAnchorElement)) onOpen(row)
      }}
    >
      {columns.map(({ name, cell, className }) => (
        <div key={name} role="gridcell" class={className}>
          {row === undefined ? <span class="ghost" /> : cell(row)}
        </div>
      ))}
    </div>
  )
}

/** Rows that a turn of the wheel moves by. */
function rowsOf({ deltaY, deltaMode }: WheelEvent, visible: number): number {
  switch (deltaMode) {
    case WheelEvent.DOM_DELTA_LINE:
      return deltaY
    case WheelEvent.DOM_DELTA_PAGE:
      return deltaY * visible
    default:
      return deltaY / ROW_PIXELS
  }
}
