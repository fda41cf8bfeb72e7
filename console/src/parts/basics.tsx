// Small parts that every view uses.
import type { ComponentChildren, TargetedMouseEvent } from 'preact'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import { isTokenWanted, Refusal } from '../api/client.ts'
import type { Condition, Facet, ReportedCondition } from '../api/types.ts'
import type { Polled } from '../polling.ts'
import { ageText, countText, durationText, now, shareText } from '../text.ts'

/** A link that looks like one. */
export function Link(props: {
  readonly to: string
  readonly children: ComponentChildren
  readonly title?: string
}) {
  return (
    <a href={props.to} title={props.title}>
      {props.children}
    </a>
  )
}

/** The age of an instant; its full time as a hint. */
export function Age({ time, suffix = '' }: { readonly time: string | undefined; readonly suffix?: string }) {
  if (time === undefined) return <span class="faint">–</span>
  return (
    <time dateTime={time} title={time}>
      {ageText(time, now.value)}
      {suffix}
    </time>
  )
}

/** The class of what a status says. */
export function kindOfVerdict(status: string): 'good' | 'bad' | 'unknown' {
  return status === 'True' ? 'good' : status === 'False' ? 'bad' : 'unknown'
}

/** The status of a condition as a word with a colour and a sign, because not everybody sees colours. */
export function Verdict({ status }: { readonly status: string | undefined }) {
  if (status === undefined) return <span class="verdict none">–</span>
  const kind = kindOfVerdict(status)
  const sign = status === 'True' ? '✓' : status === 'False' ? '✗' : '?'
  return (
    <span class={`verdict ${kind}`}>
      <span aria-hidden="true">{sign}</span> {status}
    </span>
  )
}

/** The condition with the first of these types that there is. */
export function conditionOf<C extends Condition | ReportedCondition>(
  conditions: readonly C[] | undefined,
  ...types: readonly string[]
): C | undefined {
  for (const type of types) {
    const found = conditions?.find(condition => condition.type === type)
    if (found !== undefined) return found
  }
  return undefined
}

/** The cell with the reason and the message of a condition. */
export function Why({
  condition: { reason, message },
}: {
  readonly condition: Condition | ReportedCondition
}) {
  return (
    <td class="why">
      <bdi>{reason}</bdi>
      {message !== undefined && (
        <small>
          <bdi>{message}</bdi>
        </small>
      )}
    </td>
  )
}

/** What went wrong, in the server's words. */
export function Fault({ error }: { readonly error: Error | undefined }) {
  if (error === undefined) return null
  if (error instanceof Refusal) {
    if (error.status === 401 && isTokenWanted.value)
      return <p class="fault">The server asks for a token. Enter one at the top of the page.</p>
    const { problem } = error
    const title =
      error.status === 403
        ? 'Your token may not do this.'
        : error.status === 404
          ? 'It does not exist, or not any more.'
          : problem.title
    return (
      <div class="fault" role="alert">
        <strong>{title}</strong> {problem.detail}
        {problem.errors !== undefined && (
          <ul>
            {problem.errors.map(fault => (
              <li key={`${fault.field} ${fault.message}`}>
                {fault.field !== undefined && <code>{fault.field}</code>} {fault.message}
              </li>
            ))}
          </ul>
        )}
        <small>
          {problem.code} {problem.trace_id !== undefined && `· trace ${problem.trace_id}`}
        </small>
      </div>
    )
  }
  return (
    <p class="fault" role="alert">
      {error.message}
    </p>
  )
}

/** A refusal of a write. 412 says that somebody else was faster (contract 12.12). */
export function Conflict({ error }: { readonly error: Error | undefined }) {
  if (error instanceof Refusal && error.status === 412)
    return (
      <p class="fault" role="alert">
        Somebody else has changed it since you began. Cancel, look at the present version, and begin again.
      </p>
    )
  return <Fault error={error} />
}

interface BarRow {
  readonly value: string
  readonly count: number
  readonly link: string | undefined
  /** True for what is no value. */
  readonly isPart?: boolean
}

/** Counts of values as bars. A click on one chooses it. */
export function Bars(props: {
  readonly facet: Facet | undefined
  readonly total: number
  readonly linkOf?: ((value: string) => string | undefined) | undefined
  readonly missingLink?: string | undefined
  /** The class of the bar of a value. */
  readonly kindOf?: ((value: string) => string) | undefined
}) {
  const { facet, total, linkOf, missingLink, kindOf } = props
  if (facet === undefined) return <Loading />
  const rows: readonly BarRow[] = [
    ...(facet.values ?? []).map(each => ({ ...each, link: linkOf?.(each.value) })),
    ...((facet.others ?? 0) > 0
      ? [{ value: 'other values', count: facet.others ?? 0, link: undefined, isPart: true }]
      : []),
    ...(facet.missing > 0 ? [{ value: 'none', count: facet.missing, link: missingLink, isPart: true }] : []),
  ]
  if (rows.length === 0) return <p class="faint">Nothing to count.</p>
  return (
    <ul class="bars">
      {rows.map(({ value, count, link, isPart }) => (
        <li key={`${isPart === true} ${value}`}>
          <Bar share={total === 0 ? 0 : count / total} kind={isPart === true ? undefined : kindOf?.(value)}>
            {link === undefined ? (
              <span class={isPart === true ? 'faint' : ''}>{shown(value)}</span>
            ) : (
              <Link to={link}>{isPart === true ? <span class="faint">{value}</span> : shown(value)}</Link>
            )}
          </Bar>
          <span class="count" title={shareText(count, total)}>
            {countText(count)}
          </span>
        </li>
      ))}
    </ul>
  )
}

function shown(value: string): ComponentChildren {
  return value === '' ? <em>empty</em> : <bdi>{value}</bdi>
}

function Bar(props: {
  readonly share: number
  readonly kind: string | undefined
  readonly children: ComponentChildren
}) {
  const { share, kind = '', children } = props
  const bar = useRef<HTMLSpanElement>(null)
  // The policy of the page forbids styles in markup, but not those that a script sets.
  useEffect(
    () => bar.current?.style.setProperty('width', `${share === 0 ? 0 : Math.max(0.4, share * 100)}%`),
    [share],
  )
  return (
    <span class="bar">
      <span class={`fill ${kind}`} ref={bar} aria-hidden="true" />
      <span class="label">{children}</span>
    </span>
  )
}

/** The times of a facet with buckets as columns, newest first. */
export function Histogram(props: {
  readonly facet: Facet | undefined
  readonly linkOf?: ((from: string | undefined, to: string | undefined) => string) | undefined
}) {
  const { facet, linkOf } = props
  if (facet?.buckets === undefined) return <Loading />
  const nowMs = Date.now()
  const ago = (time: string) => durationText(Math.round((nowMs - Date.parse(time)) / 10_000) * 10)
  const name = (from: string | undefined, to: string | undefined) => {
    if (to === undefined) return 'in the future'
    if (from === undefined) return `over ${ago(to)} ago`
    return nowMs - Date.parse(to) < 30_000 ? `within ${ago(from)}` : `${ago(to)} – ${ago(from)} ago`
  }
  const values = facet.buckets.map(({ from, to, count }) => ({ from, to, count, name: name(from, to) }))
  const links = new Map(values.map(({ name, from, to }) => [name, linkOf?.(from, to)]))
  const total = values.reduce((sum, { count }) => sum + count, 0)
  const asFacet: Facet = {
    field: facet.field,
    values: values.map(({ name, count }) => ({ value: name, count })),
    missing: 0,
  }
  return <Bars facet={asFacet} total={total} linkOf={value => links.get(value)} />
}

/** What is polled, once it is there, and what went wrong with it. */
export function Shown<T>(props: {
  readonly of: Polled<T>
  readonly children: (value: T) => ComponentChildren
}) {
  const { value, error } = props.of
  return (
    <>
      <Fault error={error} />
      {value !== undefined ? props.children(value) : error === undefined && <Loading />}
    </>
  )
}

export function Loading() {
  return <p class="faint loading">Loading…</p>
}

export function Panel(props: {
  readonly title: ComponentChildren
  readonly children: ComponentChildren
  readonly tools?: ComponentChildren
  readonly wide?: boolean
}) {
  return (
    <section class={props.wide === true ? 'panel wide' : 'panel'}>
      <header>
        <h2>{props.title}</h2>
        {props.tools}
      </header>
      {props.children}
    </section>
  )
}

/** A dialog over the page. Escape, and a click beside it, close it. */
export function Dialog(props: {
  readonly title: string
  readonly onClose: () => void
  readonly children: ComponentChildren
}) {
  const dialog = useRef<HTMLDialogElement>(null)
  useLayoutEffect(() => {
    dialog.current?.showModal()
  }, [])
  return (
    <dialog
      ref={dialog}
      aria-label={props.title}
      onClose={props.onClose}
      onClick={event => {
        if (event.target === event.currentTarget) dialog.current?.close()
      }}
      onKeyDown={event => {
        if (event.key === 'Escape') dialog.current?.close()
      }}
    >
      <div class="dialog">
        <header>
          <h2>{props.title}</h2>
          <button type="button" class="quiet" aria-label="Close" onClick={() => dialog.current?.close()}>
            ✕
          </button>
        </header>
        {props.children}
      </div>
    </dialog>
  )
}

/** Copies a text to the clipboard. */
export function CopyButton({ text }: { readonly text: string }) {
  const copy = (event: TargetedMouseEvent<HTMLButtonElement>) => {
    const button = event.currentTarget
    void navigator.clipboard?.writeText(text).then(() => {
      button.textContent = 'copied'
      window.setTimeout(() => {
        button.textContent = 'copy'
      }, 1500)
    })
  }
  return (
    <button type="button" class="quiet small" onClick={copy} aria-label={`Copy ${text}`}>
      copy
    </button>
  )
}
