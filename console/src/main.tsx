// The console: a page on the fleet, served by the server itself.
import 'uplot/dist/uPlot.min.css'
import './style.css'
import { render } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { address, linkTo } from './address.ts'
import { goneSince, isTokenWanted, read, token } from './api/client.ts'
import { AdaptersPage } from './pages/adapters.tsx'
import { OverviewPage } from './pages/overview.tsx'
import { QueriesPage } from './pages/queries.tsx'
import { ResourcePage } from './pages/resource.tsx'
import { ResourcesPage } from './pages/resources.tsx'
import { ServerPage } from './pages/server.tsx'
import { Dialog, Link } from './parts/basics.tsx'
import { ageText } from './text.ts'

const PAGES = [
  ['', 'Overview'],
  ['clusters', 'Clusters'],
  ['nodepools', 'Nodepools'],
  ['adapters', 'Adapters'],
  ['queries', 'Queries'],
  ['server', 'Server'],
] as const
/** While the server is gone, the console asks for it this often. */
const RETRY_MS = 2000

function Console() {
  const [name = ''] = address.value.path
  const title = PAGES.find(([path]) => path === name)?.[1] ?? 'Not found'
  useEffect(() => {
    document.title = `${title} · HyperFleet`
    // A phone has no room for all of them.
    document.querySelector('nav [aria-current]')?.scrollIntoView({ inline: 'nearest', block: 'nearest' })
  }, [title])
  return (
    <>
      <button type="button" class="skip" onClick={skip}>
        Skip to the content
      </button>
      <header class="top">
        <a class="brand" href={linkTo([])}>
          HyperFleet
        </a>
        <nav aria-label="Pages">
          {PAGES.map(([path, label]) => (
            <a
              key={path}
              href={linkTo(path === '' ? [] : [path])}
              aria-current={path === name ? 'page' : undefined}
            >
              {label}
            </a>
          ))}
        </nav>
        <TokenButton />
      </header>
      <Gone />
      <div id="content" tabIndex={-1}>
        <Page />
      </div>
    </>
  )
}

function skip() {
  document.querySelector('main')?.querySelector<HTMLElement>('a, button, input, [tabindex]')?.focus()
}

function Page() {
  const [name, id] = address.value.path
  switch (name) {
    case undefined:
      return <OverviewPage />
    case 'clusters':
    case 'nodepools':
      return id === undefined ? (
        <ResourcesPage key={name} list={name} />
      ) : (
        <ResourcePage key={id} list={name} id={id} />
      )
    case 'adapters':
      return <AdaptersPage />
    case 'queries':
      return <QueriesPage />
    case 'server':
      return <ServerPage />
    default:
      return (
        <main class="page">
          <h1>There is no such page</h1>
          <p>
            <Link to={linkTo([])}>Overview</Link>
          </p>
        </main>
      )
  }
}

/** Says that the server does not answer, and asks for it until it does. */
function Gone() {
  const since = goneSince.value
  useEffect(() => {
    if (since === undefined) return
    const timer = window.setInterval(() => void read('/api/hyperfleet').catch(() => {}), RETRY_MS)
    return () => window.clearInterval(timer)
  }, [since])
  if (since === undefined) return null
  return (
    <p class="gone" role="alert">
      The server has not answered for {ageText(since.toISOString())}. What you see is from before; the page
      goes on when the server is back.
    </p>
  )
}

function TokenButton() {
  const [isOpen, setOpen] = useState(false)
  const input = useRef<HTMLInputElement>(null)
  const isWanted = isTokenWanted.value
  return (
    <>
      <button type="button" class={isWanted ? 'primary' : 'quiet'} onClick={() => setOpen(true)}>
        {isWanted ? 'Token wanted' : token.value === '' ? 'Token' : 'Token set'}
      </button>
      {isOpen && (
        <Dialog title="Token" onClose={() => setOpen(false)}>
          <form
            onSubmit={event => {
              event.preventDefault()
              token.value = (input.current?.value ?? '').trim().replace(/^Bearer\s+/i, '')
              setOpen(false)
            }}
          >
            <label class="stacked">
              Bearer token, kept in the memory of this tab only
              <input ref={input} type="password" autocomplete="off" />
            </label>
            <p class="buttons">
              <button type="submit" class="primary">
                Use it
              </button>
              {token.value !== '' && (
                <button
                  type="button"
                  onClick={() => {
                    token.value = ''
                    setOpen(false)
                  }}
                >
                  Forget it
                </button>
              )}
            </p>
          </form>
        </Dialog>
      )}
    </>
  )
}

render(<Console />, document.body)
