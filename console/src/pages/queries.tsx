// A search and its plan: what the indexes answer, and what is left to rows.
import { address, setParameters } from '../address.ts'
import { pathOf, read } from '../api/client.ts'
import type { QueryPlan, QueryStep } from '../api/types.ts'
import type { ListName } from '../fields.ts'
import { Fault, Loading, Panel } from '../parts/basics.tsx'
import { SearchField } from '../parts/search-field.tsx'
import { usePolled } from '../polling.ts'
import { countText, microsecondsText } from '../text.ts'

export function QueriesPage() {
  const { parameters } = address.value
  const list: ListName = parameters.list === 'nodepools' ? 'nodepools' : 'clusters'
  const search = parameters.search ?? ''
  const orderBy = parameters.order ?? ''
  const plan = usePolled(
    `plan ${list} ${search} ${orderBy}`,
    0,
    async signal =>
      (await read<QueryPlan>(pathOf(`/explain/${list}`, { search, orderBy }), { signal })).value,
  )
  return (
    <main class="page">
      <header class="page-head">
        <h1>Queries</h1>
        <div class="tools">
          <select
            aria-label="What is searched"
            value={list}
            onChange={event => setParameters({ list: event.currentTarget.value })}
          >
            <option value="clusters">Clusters</option>
            <option value="nodepools">Nodepools</option>
          </select>
          <label>
            Order{' '}
            <input
              type="text"
              value={orderBy}
              placeholder="created_time desc"
              onChange={event => setParameters({ order: event.currentTarget.value.trim() })}
            />
          </label>
          <button type="button" onClick={plan.refresh}>
            Run again
          </button>
        </div>
      </header>
      <SearchField list={list} value={search} onSearch={text => setParameters({ search: text })} />
      <Fault error={plan.error} />
      {plan.value === undefined ? plan.error === undefined && <Loading /> : <PlanView plan={plan.value} />}
    </main>
  )
}

function PlanView({ plan }: { readonly plan: QueryPlan }) {
  return (
    <Panel title="Plan" wide>
      <p>
        {countText(plan.total)} {plan.total === 1 ? 'match' : 'matches'}. {countText(plan.rows_scanned)}{' '}
        {plan.rows_scanned === 1 ? 'record' : 'records'} read in {microsecondsText(plan.duration_us)}
        {plan.plan_cache === 'hit' ? ', with a plan that was at hand' : ''}. Order:{' '}
        {plan.order.map(({ field, direction }) => `${field} ${direction}`).join(', ')}.
      </p>
      {plan.steps.length === 0 ? (
        <p class="faint">No step: every resource matches.</p>
      ) : (
        <ol class="plan">
          {plan.steps.map((step, i) => (
            <Step key={i} step={step} />
          ))}
        </ol>
      )}
    </Panel>
  )
}

function Step({ step }: { readonly step: QueryStep }) {
  const isScan = step.operation === 'row-scan'
  return (
    <li>
      <div class={isScan ? 'step slow' : 'step'}>
        <strong>
          {step.negated === true && 'not '}
          {step.operation}
        </strong>
        {step.index !== undefined && <code>{step.index}</code>}
        {step.fields !== undefined && <code>{step.fields.join(', ')}</code>}
        <span>
          {countText(step.rows_in)} → {countText(step.rows_out)}
        </span>
        <span class="faint">
          {countText(step.estimated_rows)} expected
          {step.rows_scanned > 0 &&
            `, ${countText(step.rows_scanned)} ${step.rows_scanned === 1 ? 'record' : 'records'} read`}
          , {microsecondsText(step.duration_us)}
        </span>
        {step.hint !== undefined && <small>{step.hint}</small>}
      </div>
      {step.steps !== undefined && step.steps.length > 0 && (
        <ol>
          {step.steps.map((each, i) => (
            <Step key={i} step={each} />
          ))}
        </ol>
      )}
    </li>
  )
}
