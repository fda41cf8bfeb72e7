// One cluster or nodepool: what is wanted, what the adapters say, and what happens to it.
import { useEffect, useState } from 'preact/hooks'
import { go, linkTo } from '../address.ts'
import { pathOf, Refusal, read } from '../api/client.ts'
import type { AdapterStatus, Condition, Known, List, Resource, Row } from '../api/types.ts'
import { watch } from '../api/watch.ts'
import { chosenColumns } from '../columns.tsx'
import type { ListName } from '../fields.ts'
import { Age, CopyButton, conditionOf, Fault, Link, Loading, Panel, Verdict, Why } from '../parts/basics.tsx'
import { CreateDialog } from '../parts/create-dialog.tsx'
import { DeleteDialog, ForceDeleteDialog } from '../parts/deletion.tsx'
import { LabelsPanel } from '../parts/labels-panel.tsx'
import { ReportsPanel } from '../parts/reports-panel.tsx'
import { SpecPanel } from '../parts/spec-panel.tsx'
import { Timeline } from '../parts/timeline.tsx'
import { usePolled } from '../polling.ts'
import { countText } from '../text.ts'

/** While no event comes, the page asks now and then: a proxy may end a watch silently. */
const EVERY_MS = 15_000
const MAX_EVENTS = 20
const MAX_NODEPOOLS = 200

interface Happening {
  /** Distinguishes it from others with the same text. */
  readonly number: number
  readonly time: Date
  readonly text: string
}

export function ResourcePage({ list, id }: { readonly list: ListName; readonly id: string }) {
  const path = `/${list}/${encodeURIComponent(id)}`
  const resource = usePolled<Known>(path, EVERY_MS, async signal => {
    const { value, tag } = await read<Resource>(path, { signal })
    return { resource: value, tag }
  })
  const statuses = usePolled(`${path}/statuses`, EVERY_MS, async signal => {
    const { value } = await read<List<AdapterStatus>>(pathOf(`${path}/statuses`, { pageSize: 1000 }), {
      signal,
    })
    return value.items
  })
  const { happenings, isRemoved } = useHappenings(list, id, () => {
    resource.refresh()
    statuses.refresh()
  })
  const [dialog, setDialog] = useState<'delete' | 'force' | 'nodepool' | undefined>()

  const known = resource.value
  const isMissing = isRemoved || (resource.error instanceof Refusal && resource.error.status === 404)
  if (isMissing)
    return (
      <main class="page">
        <h1>
          There is no {list === 'clusters' ? 'cluster' : 'nodepool'} <code>{id}</code>, or not any more
        </h1>
        <p>
          <Link to={linkTo([list])}>All {list}</Link>
        </p>
      </main>
    )
  if (known === undefined)
    return (
      <main class="page">
        <Fault error={resource.error} />
        {resource.error === undefined && <Loading />}
      </main>
    )
  const { resource: shown } = known
  const isDeleting = shown.deleted_time !== undefined
  const owner = shown.owner_references

  return (
    <main class="page">
      <header class="page-head">
        <div>
          <p class="path">
            <Link to={linkTo([list])}>{list === 'clusters' ? 'Clusters' : 'Nodepools'}</Link>
            {owner !== undefined && (
              <>
                {' '}
                of <Link to={linkTo(['clusters', owner.id])}>{owner.id}</Link>
              </>
            )}
          </p>
          <h1>
            <bdi>{shown.name}</bdi>
          </h1>
          <p class="facts">
            <code>{shown.id}</code> <CopyButton text={shown.id} /> · generation {shown.generation} · created{' '}
            <Age time={shown.created_time} suffix=" ago" /> by <bdi>{shown.created_by}</bdi> · changed{' '}
            <Age time={shown.updated_time} suffix=" ago" /> by <bdi>{shown.updated_by}</bdi>
          </p>
        </div>
        <div class="tools">
          {list === 'clusters' && !isDeleting && (
            <button type="button" onClick={() => setDialog('nodepool')}>
              Create nodepool
            </button>
          )}
          {!isDeleting ? (
            <button type="button" class="danger" onClick={() => setDialog('delete')}>
              Delete…
            </button>
          ) : (
            <button type="button" class="danger" onClick={() => setDialog('force')}>
              Force delete…
            </button>
          )}
        </div>
      </header>
      <Fault error={resource.error} />
      {isDeleting && <DeletionNotice resource={shown} statuses={statuses.value} />}
      <div class="panels">
        <ConditionsPanel resource={shown} />
        <div class="stack">
          <LabelsPanel known={known} list={list} path={path} onChanged={resource.refresh} />
          <HappeningsPanel happenings={happenings} />
        </div>
        <Panel title="Transitions and reports">
          <Timeline
            conditions={shown.status.conditions}
            statuses={statuses.value ?? []}
            created={shown.created_time}
          />
        </Panel>
        <ReportsPanel statuses={statuses.value} error={statuses.error} generation={shown.generation} />
        {list === 'clusters' && <NodepoolsPanel id={id} />}
        <SpecPanel known={known} path={path} onChanged={resource.refresh} />
      </div>
      {dialog === 'delete' && (
        <DeleteDialog
          known={known}
          path={path}
          onClose={() => setDialog(undefined)}
          onDone={() => {
            setDialog(undefined)
            resource.refresh()
          }}
        />
      )}
      {dialog === 'force' && (
        <ForceDeleteDialog
          known={known}
          path={path}
          onClose={() => setDialog(undefined)}
          onDone={() => go(linkTo([list]))}
        />
      )}
      {dialog === 'nodepool' && (
        <CreateDialog
          cluster={shown}
          onClose={() => setDialog(undefined)}
          onCreated={created => go(linkTo(['nodepools', created.id]))}
        />
      )}
    </main>
  )
}

function HappeningsPanel({ happenings }: { readonly happenings: readonly Happening[] }) {
  return (
    <Panel title="Since this page was opened">
      {happenings.length === 0 ? (
        <p class="faint">Nothing has happened yet.</p>
      ) : (
        <ol class="events">
          {happenings.map(({ number, time, text }) => (
            <li key={number}>
              <time>{time.toLocaleTimeString()}</time> <bdi>{text}</bdi>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  )
}

/** What a watch says about one resource, newest first. */
function useHappenings(list: ListName, id: string, onChange: () => void) {
  const [happenings, setHappenings] = useState<readonly Happening[]>([])
  const [isRemoved, setRemoved] = useState(false)
  useEffect(() => {
    setHappenings([])
    setRemoved(false)
    let last: Resource | undefined
    let number = 0
    return watch(`/${list}`, { search: `id = '${id.replaceAll("'", "''")}'` }, ({ type, object }) => {
      if (type === 'DELETED') setRemoved(true)
      if (object === undefined || type === 'DELETED') return
      const texts = last === undefined ? [] : differences(last, object)
      last = object
      if (texts.length > 0)
        setHappenings(all =>
          [...texts.map(text => ({ number: number++, time: new Date(), text })), ...all].slice(0, MAX_EVENTS),
        )
      if (type === 'MODIFIED') onChange()
    })
  }, [list, id])
  return { happenings, isRemoved }
}

/** What distinguishes two versions of a resource, in words. */
function differences(before: Resource, after: Resource): string[] {
  const texts: string[] = []
  if (before.deleted_time !== after.deleted_time) texts.push(`${after.deleted_by} asked for the deletion`)
  else if (before.generation !== after.generation)
    texts.push(`${after.updated_by} made generation ${after.generation}`)
  if (JSON.stringify(before.labels) !== JSON.stringify(after.labels))
    texts.push(`${after.updated_by} changed the labels`)
  for (const condition of after.status.conditions) {
    const earlier = before.status.conditions.find(({ type }) => type === condition.type)
    if (earlier?.status !== condition.status)
      texts.push(
        `${condition.type} became ${condition.status}${condition.reason === undefined ? '' : `: ${condition.reason}`}`,
      )
    else if (
      earlier.last_updated_time !== condition.last_updated_time &&
      condition.type.endsWith('Successful')
    )
      texts.push(`${condition.type} was confirmed`)
  }
  return texts
}

function DeletionNotice({
  resource,
  statuses,
}: {
  readonly resource: Resource
  readonly statuses: readonly AdapterStatus[] | undefined
}) {
  const awaited = (statuses ?? []).filter(
    status =>
      status.observed_generation !== resource.generation ||
      conditionOf(status.conditions, 'Finalized')?.status !== 'True',
  )
  return (
    <p class="notice" role="status">
      <strong>
        Being deleted for <Age time={resource.deleted_time} />
      </strong>
      , asked for by <bdi>{resource.deleted_by}</bdi>.{' '}
      {statuses === undefined
        ? ''
        : awaited.length === 0
          ? 'All adapters that reported have finished; it waits for nodepools, or for adapters that never reported.'
          : `It waits for ${awaited.map(({ adapter }) => adapter).join(', ')}.`}
    </p>
  )
}

function ConditionsPanel({ resource }: { readonly resource: Resource }) {
  return (
    <Panel title="Conditions" wide>
      <div class="scroll-x">
        <table class="conditions">
          <thead>
            <tr>
              <th>Type</th>
              <th>Status</th>
              <th>Since</th>
              <th>Confirmed</th>
              <th>Generation</th>
              <th>Why</th>
            </tr>
          </thead>
          <tbody>
            {resource.status.conditions.map(condition => (
              <ConditionRow key={condition.type} condition={condition} generation={resource.generation} />
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  )
}

function ConditionRow({
  condition,
  generation,
}: {
  readonly condition: Condition
  readonly generation: number
}) {
  const isBehind = condition.observed_generation !== undefined && condition.observed_generation < generation
  return (
    <tr>
      <th scope="row">{condition.type}</th>
      <td>
        <Verdict status={condition.status} />
      </td>
      <td data-name="since">
        <Age time={condition.last_transition_time} />
      </td>
      <td data-name="confirmed">
        <Age time={condition.last_updated_time} suffix=" ago" />
      </td>
      <td data-name="generation" class={isBehind ? 'bad' : ''}>
        {condition.observed_generation ?? '–'}
        {isBehind && ` of ${generation}`}
      </td>
      <Why condition={condition} />
    </tr>
  )
}

const NODEPOOL_COLUMNS = chosenColumns('nodepools', [
  'ready',
  'available',
  'since',
  'generation',
  'deletion',
  'created',
])

function NodepoolsPanel({ id }: { readonly id: string }) {
  const path = `/clusters/${encodeURIComponent(id)}/nodepools`
  const nodepools = usePolled(path, 5000, async signal => {
    const { value } = await read<List<Row>>(pathOf(path, { pageSize: MAX_NODEPOOLS, orderBy: 'name' }), {
      signal,
    })
    return value
  })
  const { value, error } = nodepools
  return (
    <Panel title={value === undefined ? 'Nodepools' : `Nodepools ${countText(value.total)}`} wide>
      <Fault error={error} />
      {value === undefined ? (
        <Loading />
      ) : value.total === 0 ? (
        <p class="faint">It has no nodepools.</p>
      ) : (
        <div class="scroll-x">
          <table>
            <thead>
              <tr>
                {NODEPOOL_COLUMNS.map(({ name, title }) => (
                  <th key={name}>{title}</th>
                ))}
              </tr>
            </thead>
            <tbody>
              {value.items.map(row => (
                <tr key={row.id}>
                  {NODEPOOL_COLUMNS.map(({ name, cell }) => (
                    <td key={name}>{cell(row)}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
          {value.total > value.size && (
            <p>
              <Link to={linkTo(['nodepools'], { search: `owner_id = '${id}'` })}>
                All {countText(value.total)}
              </Link>
            </p>
          )}
        </div>
      )}
    </Panel>
  )
}
