// Runs the command blocks of the pages for newcomers in a fresh clone, as printed. The blocks of a page run one after another in
// one shell. A comment above a block, which readers do not see, expresses what the prose says:
//
//   <!-- ci: skip: REASON -->        is not run
//   <!-- ci: first: COMMAND -->      runs this command before it; `Ctrl-C` ends the program in the first terminal
//   <!-- ci: first terminal -->      runs in a separate terminal until its server is ready
//
// Arguments select pages by words in their paths.
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
/** The pages with a minimum number of blocks. Fewer mean that the blocks are no longer recognized. */
const PAGES = [
  ['README.md', 3],
  ['docs/guide/first-hour.md', 15],
  ['docs/guide/search.md', 5],
  ['docs/guide/counting.md', 4],
  ['docs/guide/polling.md', 4],
  ['docs/guide/writing-an-adapter.md', 5],
]
/** The ports in the pages, on which servers listen by default. */
const PORTS = [8000, 8080, 9090, 9000]
/** Time limit for a block. */
const BLOCK_HANGS_AFTER_MS = 900_000
const PORT_FREE_AFTER_MS = 10_000
const BLOCK = /((?:^<!-- ci: [^\n]+ -->\n)*)^```sh\n(.*?)^```$/gms

/** The blocks, each with its line, its commands and the comments above it. */
function blocksOf(page, text) {
  return [...text.matchAll(BLOCK)].map(({ 0: whole, 1: comments, 2: commands, index }) => {
    const said = [...comments.matchAll(/^<!-- ci: (.+) -->$/gm)].map(([, words]) => words)
    const after = prefix =>
      said.filter(words => words.startsWith(prefix)).map(words => words.slice(prefix.length))
    const known = ['skip: ', 'first: ', 'first terminal']
    const odd = said.find(words => !known.some(word => words.startsWith(word)))
    if (odd !== undefined) throw new Error(`${page}: unknown comment: ${odd}`)
    return {
      line: text.slice(0, index + whole.indexOf('```sh')).split('\n').length,
      commands,
      skip: after('skip: ')[0],
      before: after('first: '),
      isServer: said.includes('first terminal'),
    }
  })
}

/** A shell with its processes. The first command that fails ends it. */
class Terminal {
  #child
  #log = ''
  #changed = () => {}
  #ended = false

  constructor(folder) {
    const environment = Object.entries(process.env).filter(([name]) => !/^(HYPERFLEET|npm)_/.test(name))
    this.#child = spawn('bash', ['--noprofile', '--norc'], {
      cwd: folder,
      detached: true,
      env: Object.fromEntries(environment),
    })
    for (const output of [this.#child.stdout, this.#child.stderr])
      output.on('data', text => {
        this.#log += text
        process.stdout.write(text)
        this.#changed()
      })
    this.#child.stdin.on('error', () => {})
    this.#child.on('exit', () => {
      this.#ended = true
      this.#changed()
    })
    this.#child.stdin.write('set -eo pipefail\n')
  }

  /** Runs commands in this shell. Resolves once its output contains `awaited`. */
  async run(file, awaited) {
    const start = this.#log.length
    const mark = `done with ${file}`
    this.#child.stdin.write(`source '${file}' < /dev/null; echo '${mark}'\n`)
    await this.#until(() => this.#log.includes(awaited ?? mark, start), file)
  }

  async interrupt() {
    process.kill(-this.#child.pid, 'SIGINT')
    this.#child.stdin.end()
    await this.#until(() => this.#ended, 'Ctrl-C')
  }

  end() {
    try {
      process.kill(-this.#child.pid, 'SIGKILL')
    } catch {
      // All processes have ended.
    }
  }

  async #until(holds, what) {
    const deadline = setTimeout(() => this.#changed(), BLOCK_HANGS_AFTER_MS)
    const endMs = performance.now() + BLOCK_HANGS_AFTER_MS
    while (!holds()) {
      if (this.#ended) throw new Error(`${what} fails`)
      if (performance.now() >= endMs) throw new Error(`${what} hangs`)
      await new Promise(resolve => {
        this.#changed = resolve
      })
    }
    clearTimeout(deadline)
  }
}

/** Waits until a port is free: servers of the previous page may still be stopping. */
async function free(port) {
  const endMs = performance.now() + PORT_FREE_AFTER_MS
  while (!(await isFree(port))) {
    if (performance.now() >= endMs)
      throw new Error(`port ${port} is in use, but the servers of these pages need it`)
    await new Promise(resolve => setTimeout(resolve, 100))
  }
}

function isFree(port) {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

/** Runs a page in the clone on a new data folder. */
async function runPage(page, blocks, folder, clone) {
  // A restore leaves earlier fleets next to the data folder.
  for (const name of readdirSync(clone))
    if (/^data(\.|$)/.test(name)) rmSync(join(clone, name), { recursive: true })
  const shell = new Terminal(clone)
  let server
  const write = (name, commands) => {
    const file = join(folder, name)
    writeFileSync(file, commands)
    return file
  }
  try {
    for (const { line, commands, skip, before, isServer } of blocks) {
      console.log(`\n== ${page}:${line}${skip === undefined ? '' : ` is skipped: ${skip}`}`)
      if (skip !== undefined) continue
      for (const [i, command] of before.entries()) {
        if (command === 'Ctrl-C') await server.interrupt()
        else await shell.run(write(`before-${line}-${i}.sh`, `${command}\n`))
      }
      const file = write(`line-${line}.sh`, commands)
      if (isServer) {
        server = new Terminal(clone)
        await server.run(file, '"msg":"ready"')
      } else await shell.run(file)
    }
  } finally {
    shell.end()
    server?.end()
  }
}

const words = process.argv.slice(2)
const wanted = PAGES.filter(([page]) => words.length === 0 || words.some(word => page.includes(word)))
const pages = wanted.map(([page, fewest]) => {
  const blocks = blocksOf(page, readFileSync(join(root, page), 'utf8'))
  if (blocks.length < fewest) throw new Error(`${page} has only ${blocks.length} blocks of commands`)
  return [page, blocks]
})
const folder = mkdtempSync(join(tmpdir(), 'hyperfleet-readme-'))
try {
  const clone = join(folder, 'hyperfleet-api')
  execFileSync('git', ['clone', '--quiet', root, clone], { stdio: 'inherit' })
  for (const [page, blocks] of pages) {
    for (const port of PORTS) await free(port)
    await runPage(page, blocks, folder, clone)
    console.log(`\n${page} passed: ${blocks.filter(({ skip }) => skip === undefined).length} blocks have run`)
  }
} catch (error) {
  console.error(`\na page failed: ${error.message}`)
  process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}
