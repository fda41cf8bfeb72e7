// Clusters or nodepools as a table with a search.
import { useState } from 'preact/hooks'
import { address, go, linkTo, setParameters } from '../address.ts'
import { pathOf, read } from '../api/client.ts'
import type { List, Row } from '../api/types.ts'
import { chosenColumns, columnsOf, namesAtFirst, resourceLink } from '../columns.tsx'
import type { ListName } from '../fields.ts'
import { Dialog, Fault, Loading } from '../parts/basics.tsx'
import { CreateDialog } from '../parts/create-dialog.tsx'
import { EmptyFleet } from '../parts/empty-fleet.tsx'
import { useRows } from '../parts/rows.ts'
import { SearchField } from '../parts/search-field.tsx'
import { Table, type View } from '../parts/table.tsx'
import { countText } from '../text.ts'

const NEWEST_FIRST = 'created_time desc'
const EXPORT_PAGE = 1000
/** Most rows of one export. `hyperfleet export` has no bound. */
const EXPORT_ROWS = 50_000

export function ResourcesPage({ list }: { readonly list: ListName }) {
  const { parameters } = address.value
  const search = parameters.search ?? ''
  const order = parameters.order ?? NEWEST_FIRST
  const names = parameters.columns?.split(',') ?? namesAtFirst(list)
  const [view, setView] = useState<View>({ first: 0, last: 40 })
  const [open, setOpen] = useState<'columns' | 'create' | 'export' | undefined>()
  const rows = useRows(`/${list}`, { search, orderBy: order }, view.first, view.last)
  const title = list === 'clusters' ? 'Clusters' : 'Nodepools'

  return (
    <main class="page list">
      <header class="page-head">
        <h1>
          {title} {rows.total !== undefined && <span class="faint">{countText(rows.total)}</span>}
        </h1>
        <div class="tools">
          <button type="button" onClick={() => setOpen('columns')}>
            Columns
          </button>
          <button type="button" onClick={() => setOpen('export')}>
            Export
          </button>
          {list === 'clusters' && (
            <button type="button" class="primary" onClick={() => setOpen('create')}>
              Create cluster
            </button>
          )}
        </div>
      </header>
      <SearchField list={list} value={search} onSearch={text => setParameters({ search: text })} />
      <Fault error={rows.error} />
      {rows.total === undefined ? (
        rows.error === undefined && <Loading />
      ) : rows.total === 0 ? (
        search === '' ? (
          <EmptyFleet list={list} />
        ) : (
          <p class="empty">Nothing matches this search.</p>
        )
      ) : (
        <Table
          label={title}
          columns={chosenColumns(list, names)}
          total={rows.total}
          at={rows.at}
          onView={setView}
          order={order}
          onOrder={next => setParameters({ order: next })}
          onOpen={row => go(resourceLink(row))}
        />
      )}
      {open === 'columns' && (
        <Dialog title="Columns" onClose={() => setOpen(undefined)}>
          <ul class="choices">
            {columnsOf(list).map(column => (
              <li key={column.name}>
                <label>
                  <input
                    type="checkbox"
                    checked={names.includes(column.name)}
                    onChange={event => {
                      const without = names.filter(name => name !== column.name)
                      const next = event.currentTarget.checked ? [...without, column.name] : without
                      setParameters({ columns: next.join(',') })
                    }}
                  />{' '}
                  {column.title}
                </label>
              </li>
            ))}
          </ul>
        </Dialog>
      )}
      {open === 'export' && (
        <ExportDialog
          list={list}
          search={search}
          order={order}
          total={rows.total ?? 0}
          onClose={() => setOpen(undefined)}
        />
      )}
      {open === 'create' && (
        <CreateDialog
          onClose={() => setOpen(undefined)}
          onCreated={created => go(linkTo(['clusters', created.id]))}
        />
      )}
    </main>
  )
}

function ExportDialog(props: {
  readonly list: ListName
  readonly search: string
  readonly order: string
  readonly total: number
  readonly onClose: () => void
}) {
  const { list, search, order, total, onClose } = props
  const [progress, setProgress] = useState<number | undefined>()
  const [error, setError] = useState<Error | undefined>()
  const save = async (format: 'csv' | 'jsonl') => {
    setProgress(0)
    setError(undefined)
    try {
      const items: Row[] = []
      for (let page = 1; items.length < Math.min(total, EXPORT_ROWS); page++) {
        const { value } = await read<List<Row>>(
          pathOf(`/${list}`, { search, orderBy: order, page, pageSize: EXPORT_PAGE }),
        )
        if (value.items.length === 0) break
        items.push(...value.items)
        setProgress(items.length)
      }
      const lines = format === 'csv' ? csvOf(items) : items.map(item => JSON.stringify(item))
      download(`${list}.${format}`, `${lines.join('\n')}\n`)
      onClose()
    } catch (failure) {
      setError(failure as Error)
      setProgress(undefined)
    }
  }
  return (
    <Dialog title={`Export ${list}`} onClose={onClose}>
      <p>
        {countText(Math.min(total, EXPORT_ROWS))} rows that match the search, in the order of the table.
        {total > EXPORT_ROWS && ` The others are left out; hyperfleet export has no bound.`}
      </p>
      <Fault error={error} />
      {progress === undefined ? (
        <p class="buttons">
          <button type="button" onClick={() => void save('csv')}>
            CSV
          </button>
          <button type="button" onClick={() => void save('jsonl')}>
            JSON lines
          </button>
        </p>
      ) : (
        <p aria-live="polite">{countText(progress)} rows read…</p>
      )}
    </Dialog>
  )
}

const CSV_COLUMNS: readonly (readonly [string, (row: Row) => string])[] = [
  ['id', row => row.id],
  ['name', row => row.name],
  ['owner_id', row => row.owner_references?.id ?? ''],
  ['generation', row => String(row.generation)],
  ['labels', row => JSON.stringify(row.labels ?? {})],
  ['created_time', row => row.created_time],
  ['created_by', row => row.created_by],
  ['updated_time', row => row.updated_time],
  ['updated_by', row => row.updated_by],
  ['deleted_time', row => row.deleted_time ?? ''],
  ['conditions', row => row.status.conditions.map(({ type, status }) => `${type}=${status}`).join(' ')],
]

/** Lines of RFC 4180. A cell that a spreadsheet would take for a formula gets an apostrophe. */
function csvOf(rows: readonly Row[]): string[] {
  const cell = (text: string) => {
    const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
  }
  return [
    CSV_COLUMNS.map(([name]) => name).join(','),
    ...rows.map(row => CSV_COLUMNS.map(([, read]) => cell(read(row))).join(',')),
  ]
}

function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain;charset=utf-8' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  window.setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
